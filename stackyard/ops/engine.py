"""The Pulumi CLI on one stack: a run with progress, what came of it, what the state left open."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from stackyard.errors import StackyardError
from stackyard.ops.repair_state import PendingOperation, pending_in

_COLOUR = re.compile(r"<\{%[^%]*%\}>")
_POLL_SECONDS = 0.5
RELEASE = "release: "
"""How the program begins what it says of a release."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One stack and all that a command on it depends on; nothing is created here."""

    root: Path
    """The folder of Pulumi.yaml."""
    stack: str
    variables: Mapping[str, str]
    """The engine's whole environment: nothing of this process's own is added."""
    events: Path
    """The event log of the latest operation."""
    log: Path
    """What the engine printed, operation after operation."""
    prelude: str = ""
    """What a shell runs first to have these variables, `source …; `; empty where it has them."""
    repair: str = ""
    """The command that settles what a killed run left, if not `stackyard repair <stack>`."""

    def by_hand(self, words: str) -> str:
        """The command that does by hand what `pulumi <words>` says on this stack."""
        return f"{self.prelude}pulumi {words} --stack {self.stack}"


@dataclass(frozen=True, kw_only=True)
class Advance:
    """How far an operation is."""

    done: int
    """Resources."""
    release: Sequence[str] = ()
    """What a release under way in it has said so far, line by line."""


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """One `pulumi` operation that has ended."""

    exit_code: int
    seconds: float
    changes: Mapping[str, int]
    """Operation (create, update, same, ...) to the number of resources."""
    errors: Sequence[str] = field(default_factory=tuple[str, ...])
    said: str = ""
    """What the CLI printed; faults of its own stand here and in no event."""

    @property
    def total(self) -> int:
        """Resources of the stack after the run."""
        return sum(count for kind, count in self.changes.items() if kind != "delete")


def operate(
    workspace: Workspace, words: Sequence[str], *, on_progress: Callable[[Advance], None]
) -> EngineRun:
    """Run an operation such as `up` or `destroy` to its end, without questions or a preview."""
    unasked = [*words, "--yes", "--skip-preview", "--suppress-outputs"]
    return attend(workspace, unasked, on_progress=on_progress)


def attend(
    workspace: Workspace,
    words: Sequence[str],
    *,
    on_progress: Callable[[Advance], None],
    stdout: IO[bytes] | None = None,
) -> EngineRun:
    """Run a command that has an event log to its end.

    `on_progress` is told how far it is, at last when it has ended. The engine's own output goes to
    the workspace's log, but for what `stdout` takes; what came of it is read from its event log.
    """
    # A file of its own: a second command on the stack, soon refused, must not disturb it.
    handle, name = tempfile.mkstemp(suffix=".jsonl", dir=workspace.events.parent)
    os.close(handle)
    events = Path(name)
    command = [_cli(workspace), *words, "--non-interactive", "--color=never", "--event-log", name]
    start = time.monotonic()
    try:
        with workspace.log.open("ab") as log:
            before = log.tell()
            process = subprocess.Popen(
                command,
                cwd=workspace.root,
                env={**_environment(workspace), "PULUMI_DEBUG_COMMANDS": "true"},
                stdin=subprocess.DEVNULL,
                stdout=stdout or log,
                stderr=log,
            )
            _follow(process, lambda: on_progress(_advance(events_in(events))))
    finally:
        _forget_debugging(events)
        events.replace(workspace.events)
    seconds = time.monotonic() - start
    run = run_of(workspace.events, exit_code=process.returncode, seconds=seconds)
    return replace(run, said=workspace.log.read_bytes()[before:].decode(errors="replace"))


def _forget_debugging(events: Path) -> None:
    """Take out what the SDK says for its makers: secret outputs of the stack stand there plain.

    Measured with pulumi 3.259: "register resource outputs prepared … string_value".
    """
    told = [event for event in events_in(events) if not _is_debugging(event)]
    events.write_text("".join(f"{json.dumps(event)}\n" for event in told), encoding="utf-8")


def _is_debugging(event: Mapping[str, Any]) -> bool:
    return event.get("diagnosticEvent", {}).get("severity") == "debug"


def _follow(process: subprocess.Popen[bytes], tell: Callable[[], None]) -> None:
    """Wait until it has ended, telling meanwhile how far it is."""
    try:
        while not _ended(process):
            tell()
        tell()
    except BaseException:
        # It ends in good order by itself; a terminal's Ctrl-C has reached it already.
        process.send_signal(signal.SIGINT)
        process.wait()
        raise


def run_of(events: Path, *, exit_code: int, seconds: float) -> EngineRun:
    """What an event log says of a run that has ended."""
    seen = events_in(events)
    return EngineRun(
        exit_code=exit_code,
        seconds=seconds,
        changes=_changes(seen),
        errors=tuple(_errors(seen)),
    )


def pending_operations(workspace: Workspace) -> list[PendingOperation]:
    """What a killed engine left open, from the exported state.

    The engine's own exit code says nothing of them (measured: 0 after a SIGKILL).
    """
    return pending_in(json.loads(answer(workspace, ["stack", "export"])))


def answer(workspace: Workspace, words: Sequence[str]) -> str:
    """What a command that changes nothing prints, such as `stack output --json`.

    Raises `subprocess.CalledProcessError` when it fails.
    """
    done = subprocess.run(
        [_cli(workspace), *words, "--non-interactive", "--color=never"],
        cwd=workspace.root,
        env=_environment(workspace),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _cli(workspace: Workspace) -> str:
    found = shutil.which("pulumi", path=workspace.variables.get("PATH"))
    if found is None:
        raise StackyardError(
            "there is no Pulumi CLI on PATH; see https://www.pulumi.com/docs/install"
        )
    return found


def _environment(workspace: Workspace) -> dict[str, str]:
    return {**workspace.variables, "PULUMI_STACK": workspace.stack}


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _advance(events: Sequence[Mapping[str, Any]]) -> Advance:
    messages = [str(e["diagnosticEvent"]["message"]) for e in events if "diagnosticEvent" in e]
    return Advance(
        done=sum("resOutputsEvent" in event for event in events),
        release=[m.removeprefix(RELEASE).strip() for m in messages if m.startswith(RELEASE)],
    )


def events_in(path: Path) -> list[dict[str, Any]]:
    """The whole lines of an event log."""
    if not path.exists():
        return []
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()]


def _changes(events: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    for event in reversed(events):
        if "summaryEvent" in event:
            changes: dict[str, int] = event["summaryEvent"].get("resourceChanges") or {}
            return changes
    return {}


def _errors(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """The messages of error diagnostics, once each, with the resource's name where there is one."""
    found: dict[str, None] = {}
    for event in events:
        diagnostic = event.get("diagnosticEvent", {})
        if diagnostic.get("severity") != "error":
            continue
        name = str(diagnostic.get("urn", "")).rsplit("::", 1)[-1]
        text = _COLOUR.sub("", str(diagnostic.get("message", ""))).strip()
        found[f"{name}: {text}" if name else text] = None
    return list(found)
