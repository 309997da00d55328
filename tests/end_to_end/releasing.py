"""Releases of a running stack, started as a person does in a shell; killed, told of by the engine.

What is read of a run stands in its event log: progress lines, and the message that it ended with.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.ops.command import FOLDER
from stackyard.ops.engine import events_in
from tests.end_to_end.running_stack import ROOT, RunningStack
from tests.end_to_end.waiting import until
from tests.sessions import end_session

LOGS = ROOT / FOLDER / "local"
COMMAND_SECONDS = 900
MOMENT_SECONDS = 240
"""How long a release may take to come to the moment at which it is killed."""
MOMENTS: Mapping[str, str] = {
    "the candidate's pods start": r"^(create|update) .*Deployment::api-(blue|green)$",
    "the gate": r"^gate: ",
    "10 %": r"^(blue|green) 10 % for ",
    "50 %": r"^(blue|green) 50 % for ",
    "100 %": r"^(blue|green) 100 % for ",
    "the bake": r"^(blue|green) 100 %, bake for ",
    "the old pods go": r"^(blue|green) serves ",
}
"""What a run says when it has come to a step, by the step's name; see `progress`."""
_SHARE = re.compile(r"\b(?:blue|green) (\d+) %")
_COLOUR = re.compile(r"<\{%[^%]*%\}>")
_PREFIX = "release: "


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended, and what the engine told meanwhile."""

    exit_code: int
    said: str
    told: Sequence[str]


def release(stack: RunningStack, image: str, *, shown: bool = False) -> Ended:
    """Release an image; `shown` lets the command speak to this process's own standard error."""
    return run(stack, ["release", image, "--stack", "local"], shown=shown)


def resume(stack: RunningStack) -> Ended:
    """Go on with the release whose driver is gone."""
    return run(stack, ["release", "resume", "--stack", "local"])


def abort(stack: RunningStack) -> Ended:
    """Give up the release whose driver is gone."""
    return run(stack, ["release", "abort", "--stack", "local"])


def rollback(stack: RunningStack) -> Ended:
    """Bring the version before the live one back."""
    return run(stack, ["rollback", "--stack", "local"])


def release_killed_at(stack: RunningStack, image: str, moment: str) -> None:
    """Begin to release an image; kill -9 of the command, the engine and all it started, then.

    Raises `LookupError` when the release ends before that moment.
    """
    since = time.time()
    process = _start(stack, ["release", image, "--stack", "local"])
    pattern = re.compile(MOMENTS[moment], re.MULTILINE)

    def there() -> bool:
        return pattern.search("\n".join(told_since(since))) is not None

    came = until(lambda: there() or process.poll() is not None, bool, seconds=MOMENT_SECONDS)
    ended = process.poll()
    end_session(process.pid)
    said, _ = process.communicate()
    if not came or ended is not None:
        raise LookupError(f"the release did not come to {moment!r}; code {ended}:\n{said}")


def run(stack: RunningStack, words: Sequence[str], *, shown: bool = False) -> Ended:
    """A `stackyard` command to its end."""
    since = time.time()
    process = _start(stack, words, shown=shown)
    said, _ = process.communicate(timeout=COMMAND_SECONDS)
    return Ended(exit_code=process.returncode, said=said or "", told=told_since(since))


def _start(
    stack: RunningStack, words: Sequence[str], *, shown: bool = False
) -> subprocess.Popen[str]:
    environment = shlex.quote(str(stack.layout.environment_file))
    command = shlex.join([sys.executable, "-m", "stackyard", *words])
    return subprocess.Popen(
        ["/bin/bash", "-c", f". {environment}; exec {command}"],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.STDOUT,
        text=True,
        start_new_session=not shown,
    )


def told_since(since: float) -> list[str]:
    """What the engine's runs since then told, also those that are under way or were killed."""
    logs = [log for log in LOGS.glob("*.jsonl") if _changed(log) >= since]
    return [line for log in sorted(logs, key=_changed) for line in progress(events_in(log))]


def _changed(log: Path) -> float:
    try:
        return log.stat().st_mtime
    except FileNotFoundError:
        # A run that has just ended gives its log another name.
        return 0.0


def progress(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """The release's own lines, errors, and `<operation> <urn>` of every resource that is begun."""
    found: list[str] = []
    for event in events:
        if "diagnosticEvent" in event:
            message = _COLOUR.sub("", str(event["diagnosticEvent"].get("message", ""))).strip()
            if message.startswith(_PREFIX):
                found.append(message.removeprefix(_PREFIX))
            elif event["diagnosticEvent"].get("severity") == "error":
                found.append(message)
        begun = event.get("resourcePreEvent", {})
        if begun and not begun.get("planning"):
            found.append(f"{begun['metadata']['op']} {begun['metadata']['urn']}")
    return found


def highest_weight(told: Iterable[str]) -> int:
    """The largest percent of the requests that a candidate is told to have had."""
    return max((int(share) for line in told for share in _SHARE.findall(line)), default=0)
