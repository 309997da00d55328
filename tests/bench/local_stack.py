"""Figures of the local stack: up, up again, memory, down, on a slot of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from stackyard.local.layout import SLOT_VARIABLE, Layout
from tests.end_to_end.killing import PROCESSES, healed, kill, pids, whole
from tests.end_to_end.running_stack import RunningStack, running
from tests.end_to_end.waiting import until

SLOT = 90
ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3
IDLE_SECONDS = 20
"""Before each look at the memory."""
HEAL_LIMIT_SECONDS = 120


def command(*words: str) -> float:
    """Run a `stackyard local` command on the bench's slot; seconds it took."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "stackyard", "local", *words],
        cwd=ROOT,
        env={**os.environ, SLOT_VARIABLE: str(SLOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(
            f"stackyard local {' '.join(words)} ended with code {done.returncode}:\n{done.stderr}"
        )
    return time.monotonic() - start


def up_seconds() -> Sequence[float]:
    """From nothing of the slot to an answering URL; binaries, packages and templates cached."""
    values: list[float] = []
    for _ in range(ROUNDS):
        command("down")
        values.append(command("up"))
    command("down")
    return values


def up_again_seconds() -> Sequence[float]:
    """`up` of a stack that is up already."""
    command("up")
    values = [command("up") for _ in range(ROUNDS)]
    command("down")
    return values


def down_seconds() -> Sequence[float]:
    """Destroy through the engine and end every process."""
    values: list[float] = []
    for _ in range(ROUNDS):
        command("up")
        values.append(command("down"))
    return values


def memory_mib() -> Sequence[float]:
    """Proportional set size of every process of the slot, the stack up and idle."""
    command("up")
    folder = str(Layout(root=ROOT, slot=SLOT).folder)
    values: list[float] = []
    for _ in range(ROUNDS):
        time.sleep(IDLE_SECONDS)
        values.append(sum(_kib(process) for process in _processes(folder)) / 1024)
    command("down")
    return values


def heal_seconds() -> Sequence[float]:
    """Each kind of process killed once: until everything is whole by itself, the longest."""
    command("up")
    stack = running(Layout(root=ROOT, slot=SLOT))
    values = [_heal_seconds(stack, name) for name in PROCESSES]
    command("down")
    return [max(values)]


def _heal_seconds(stack: RunningStack, name: str) -> float:
    until(lambda: whole(stack), bool, seconds=HEAL_LIMIT_SECONDS)
    killed = {name: pids(stack.layout, name)}
    start = time.monotonic()
    kill(killed[name])
    until(lambda: healed(stack, killed), bool, seconds=HEAL_LIMIT_SECONDS, every=0.1)
    return time.monotonic() - start


def _processes(folder: str) -> Iterator[Path]:
    """Processes that carry the slot's mark, their children included."""
    marks = (f"STACKYARD_RUN={folder}\0".encode(), f"{SLOT_VARIABLE}={SLOT}\0".encode())
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            environment = (process / "environ").read_bytes()
        except OSError:
            continue
        if any(mark in environment for mark in marks):
            yield process


def _kib(process: Path) -> int:
    try:
        rollup = (process / "smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
