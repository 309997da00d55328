"""The running embedded cloud of a slot: is it up, start it, wait for it, end it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import StackyardError
from stackyard.local import ports
from stackyard.local.layout import SLOT_VARIABLE, Layout
from stackyard.local.processes import sweep

START_SECONDS = 90.0
STOP_SECONDS = 75.0
"""More than the supervisor gives its parts one after the other, on a busy machine too."""
LEFTOVER_SECONDS = 2.0
PORT_SECONDS = 5.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the cloud as the supervisor last saw it."""

    name: str
    state: str
    message: str


def supervisor_pid(layout: Layout) -> int | None:
    """The running supervisor's process id; none where it has ended."""
    file = layout.run / "supervisor.pid"
    try:
        pid = int(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_supervisor(pid) else None


def parts(layout: Layout) -> list[Part]:
    """What the supervisor says of its parts."""
    try:
        told: dict[str, dict[str, Any]] = json.loads(
            (layout.run / "status.json").read_text(encoding="utf-8")
        )
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    return [
        Part(name=name, state=str(part["state"]), message=str(part.get("message") or ""))
        for name, part in told.items()
    ]


def start(layout: Layout, *, on_progress: Callable[[str], None]) -> None:
    """Start the supervisor, unless it runs, and wait until every part is ready.

    Raises `StackyardError` when a part fails or takes longer than `START_SECONDS`.
    """
    if supervisor_pid(layout) is None:
        (layout.run / "status.json").unlink(missing_ok=True)
        _spawn(layout)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        # Asked first: what it said before its end is seen below.
        ended = supervisor_pid(layout) is None
        seen = parts(layout)
        failed = [p for p in seen if p.state == "failed"]
        if failed:
            said = "; ".join(f"{p.name}: {p.message}" for p in failed)
            raise StackyardError(f"the embedded cloud did not start: {said}\nsee: make logs")
        if seen and all(p.state == "ready" for p in seen):
            return
        if ended:
            raise StackyardError("the embedded cloud ended while it started\nsee: make logs")
        on_progress(", ".join(p.name for p in seen if p.state != "ready"))
        time.sleep(_POLL_SECONDS)
    raise StackyardError(
        f"the embedded cloud was not ready after {START_SECONDS:.0f} s\nsee: make logs"
    )


def end_leftovers(layout: Layout) -> None:
    """End what a supervisor that was killed left running; nothing while one runs.

    Returns once their ports are free too: a killed process closes them after it is gone.
    """
    if supervisor_pid(layout) is not None or not asyncio.run(sweep(layout, LEFTOVER_SECONDS)):
        return
    deadline = time.monotonic() + PORT_SECONDS
    while ports.taken_by_others(layout) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def stop(layout: Layout) -> None:
    """End the supervisor, and with it every process of the slot."""
    pid = supervisor_pid(layout)
    if pid is None:
        end_leftovers(layout)
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    # Until the process is gone: its file goes a little earlier.
    while _is_supervisor(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
    end_leftovers(layout)


def _is_supervisor(pid: int) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return b"stackyard.local.supervisor" in words


def _spawn(layout: Layout) -> None:
    layout.logs.mkdir(parents=True, exist_ok=True)
    layout.run.mkdir(parents=True, exist_ok=True)
    with (layout.logs / "supervisor.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "stackyard.local.supervisor"],
            cwd=layout.root,
            env={**os.environ, SLOT_VARIABLE: str(layout.slot)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while supervisor_pid(layout) is None:
        if child.poll() is not None or time.monotonic() > deadline:
            raise StackyardError(
                "the embedded cloud did not start: its supervisor ended"
                f" with code {child.poll()}\nsee: make logs"
            )
        time.sleep(_POLL_SECONDS)
