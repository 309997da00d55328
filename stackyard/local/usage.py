"""Processes of containers as /proc tells them: CPU and memory by session, who carries a mark."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stackyard.local.container_environment import POD_VARIABLE
from stackyard.local.layout import Layout
from stackyard.local.processes import pids_of

SAMPLE_SECONDS = 5.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Burnt:
    """What the processes of one session have used until now."""

    cpu_seconds: float
    memory_bytes: int
    """Resident memory; pages that processes share count in each."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The use of one container over the last window."""

    cores: float
    memory_bytes: int
    window_seconds: float
    taken_at: str


def by_session() -> dict[int, Burnt]:
    """The use of every session on the machine, by the process id of its leader."""
    found: dict[int, Burnt] = {}
    for _, fields in _stats():
        session = int(fields[3])
        have = found.get(session, Burnt(cpu_seconds=0, memory_bytes=0))
        found[session] = Burnt(
            cpu_seconds=have.cpu_seconds + (int(fields[11]) + int(fields[12])) / _TICKS,
            memory_bytes=have.memory_bytes + int(fields[21]) * _PAGE,
        )
    return found


class Sampler:
    """Turns what sessions have used into use over time; two looks make a sample."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[Burnt, float]] = {}

    def samples(self, burnt: Mapping[int, Burnt], *, at: float, stamp: str) -> dict[int, Sample]:
        """The use of each session that was there at the last look too; `at` in seconds."""
        found = {
            session: Sample(
                # A worker that ended took its figures along; that is no negative use.
                cores=max(0.0, now.cpu_seconds - before.cpu_seconds) / max(at - then, 0.001),
                memory_bytes=now.memory_bytes,
                window_seconds=at - then,
                taken_at=stamp,
            )
            for session, now in burnt.items()
            if session in self._before
            for before, then in [self._before[session]]
        }
        self._before = {session: (now, at) for session, now in burnt.items()}
        return found


def kill_marked(mark: str) -> int:
    """Kill every process whose environment says `STACKYARD_POD=<mark>`; how many there were."""
    wanted = f"{POD_VARIABLE}={mark}".encode()
    count = 0
    for entry in _processes():
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
                count += 1
    return count


def sweep_pods(layout: Layout, *, seconds: float = 2.0) -> int:
    """Kill the pods' processes that an earlier node of this slot left; how many there were."""
    left = _left_of_pods(layout)
    for pid in left:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    # Their ports are free only when they are gone.
    end = time.monotonic() + seconds
    while _left_of_pods(layout) and time.monotonic() < end:
        time.sleep(0.02)
    return len(left)


def _left_of_pods(layout: Layout) -> list[int]:
    def is_pods(pid: int) -> bool:
        try:
            variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return any(variable.startswith(f"{POD_VARIABLE}=".encode()) for variable in variables)

    return [pid for pid in pids_of(layout) if is_pods(pid)]


def _processes() -> Iterator[Path]:
    return (entry for entry in _PROC.iterdir() if entry.name.isdecimal())


def _stats() -> Iterator[tuple[int, list[str]]]:
    """Each living process's id and the words of its `stat` after its name (it may hold blanks)."""
    for entry in _processes():
        try:
            text = (entry / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        if fields and fields[0] != "Z":
            yield int(entry.name), fields
