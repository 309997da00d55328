"""The Pulumi CLI on the local stack: its environment, a run with progress, what came of it."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackyard.local.layout import SLOT_VARIABLE, Layout
from stackyard.local.secrets import Secrets

STACK = "local"
REGION = "us-east-1"
_COLOUR = re.compile(r"<\{%[^%]*%\}>")
_POLL_SECONDS = 0.5
FOREIGN_VARIABLE = "(AWS_|PULUMI_|KUBE)[A-Za-z0-9_]*|[A-Za-z]+_(proxy|PROXY)"
"""What of the caller's variables could lead to another cloud, backend or cluster, or to a proxy."""


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """One `pulumi` operation that has ended."""

    exit_code: int
    seconds: float
    changes: Mapping[str, int]
    """Operation (create, update, same, ...) to the number of resources."""
    errors: Sequence[str] = field(default_factory=tuple[str, ...])

    @property
    def total(self) -> int:
        """Resources of the stack after the run."""
        return sum(count for kind, count in self.changes.items() if kind != "delete")


def environment(layout: Layout, secrets: Secrets, tools: Sequence[Path]) -> dict[str, str]:
    """Variables with which pulumi, kubectl and boto3 reach the embedded cloud and nothing else.

    `tools` are the folders of the binaries, searched before the caller's PATH.
    """
    kept = {k: v for k, v in os.environ.items() if not re.fullmatch(FOREIGN_VARIABLE, k)}
    return {**kept, **variables(layout, secrets, tools)}


def variables(layout: Layout, secrets: Secrets, tools: Sequence[Path]) -> dict[str, str]:
    """What `.local/env` sets: dummy credentials, so that nothing of it can reach AWS."""
    path = [str(layout.folder / "bin"), *map(str, tools), os.environ.get("PATH", os.defpath)]
    authority = str(layout.certificate_authority)
    return {
        SLOT_VARIABLE: str(layout.slot),
        "PATH": os.pathsep.join(path),
        "AWS_ENDPOINT_URL": layout.aws_endpoint,
        "AWS_ACCESS_KEY_ID": secrets.access_key_id,
        "AWS_SECRET_ACCESS_KEY": secrets.secret_access_key,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "KUBECONFIG": str(layout.kubeconfig),
        "CURL_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
        "PULUMI_HOME": str(layout.folder / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{layout.state}",
        "PULUMI_CONFIG_PASSPHRASE": secrets.passphrase,
        "PULUMI_STACK": STACK,
        "PULUMI_OPTION_CONFIG_FILE": str(layout.stack_file),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }


def operate(
    layout: Layout,
    variables_: Mapping[str, str],
    words: Sequence[str],
    *,
    on_progress: Callable[[int], None],
) -> EngineRun:
    """Run an operation such as `up` or `destroy` to its end, without questions.

    `on_progress` gets the number of resources done so far. The engine's own output goes to the
    slot's log `pulumi.log`; what came of it is read from its event log.
    """
    events = layout.run / "pulumi-events.jsonl"
    events.unlink(missing_ok=True)
    command = ["pulumi", *words, "--yes", "--skip-preview", "--non-interactive", "--color=never"]
    command += ["--suppress-outputs", "--event-log", str(events)]
    start = time.monotonic()
    with (layout.logs / "pulumi.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=layout.root,
            env={**variables_, "PULUMI_DEBUG_COMMANDS": "true"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while not _ended(process):
                on_progress(_done(events))
        except BaseException:
            # It ends in good order by itself; a terminal's Ctrl-C has reached it already.
            process.send_signal(signal.SIGINT)
            process.wait()
            raise
    return run_of(events, exit_code=process.returncode, seconds=time.monotonic() - start)


def run_of(events: Path, *, exit_code: int, seconds: float) -> EngineRun:
    """What an event log says of a run that has ended."""
    seen = _events(events)
    return EngineRun(
        exit_code=exit_code,
        seconds=seconds,
        changes=_changes(seen),
        errors=tuple(_errors(seen)),
    )


def pending_operations(layout: Layout, variables_: Mapping[str, str]) -> list[str]:
    """URNs of operations that began and whose end the state does not know.

    The engine's own exit code says nothing of them (measured: 0 after a SIGKILL).
    """
    state = json.loads(answer(layout, variables_, ["stack", "export"]))
    pending: list[dict[str, Any]] = state["deployment"].get("pending_operations") or []
    return [f"{entry['type']} {entry['resource']['urn']}" for entry in pending]


def answer(layout: Layout, variables_: Mapping[str, str], words: Sequence[str]) -> str:
    """What a command that changes nothing prints, such as `stack output --json`.

    Raises `subprocess.CalledProcessError` when it fails.
    """
    done = subprocess.run(
        ["pulumi", *words, "--non-interactive", "--color=never"],
        cwd=layout.root,
        env=dict(variables_),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _done(events: Path) -> int:
    return sum("resOutputsEvent" in event for event in _events(events))


def _events(path: Path) -> list[dict[str, Any]]:
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
