"""Half a core: the kernel's quota for a group of processes, as a Pod's CPU limit sets it."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stackyard.errors import StackyardError

PERIOD_US, QUOTA_US = 100_000, 50_000
"""What Kubernetes makes of a limit of 500m."""
SERVER_CORE, OTHERS_CORE = 1, 0
END_SECONDS = 10


class NoQuotaError(StackyardError):
    """No half core can be had here."""


@dataclass(frozen=True, kw_only=True)
class Controller:
    """Where the cpu controller is, and by which version of the interface it is told."""

    folder: Path
    version: Literal[1, 2]

    def quota(self, *, limited: bool) -> Mapping[str, str]:
        """Files of a group and what to write into each."""
        if self.version == 1:
            # A quota below a period that is not yet there would be refused, hence the order.
            return {
                "cpu.cfs_period_us": f"{PERIOD_US}",
                "cpu.cfs_quota_us": f"{QUOTA_US if limited else -1}",
            }
        return {"cpu.max": f"{QUOTA_US if limited else 'max'} {PERIOD_US}"}


def controller_in(mounts: str) -> Controller:
    """The controller, by the text of /proc/mounts. Raises `NoQuotaError`."""
    lines = [line.split() for line in mounts.splitlines()]
    for _, folder, kind, options, *_ in lines:
        if kind == "cgroup" and "cpu" in options.split(","):
            return Controller(folder=Path(folder), version=1)
    for _, folder, kind, *_ in lines:
        if kind == "cgroup2":
            return Controller(folder=Path(folder), version=2)
    raise NoQuotaError("no cgroup with the cpu controller is mounted here; run on Linux with one")


@dataclass(frozen=True)
class Periods:
    """Periods of the quota, and in how many of them it was used up."""

    total: int
    throttled: int

    def since(self, before: "Periods") -> "Periods":
        """What came after `before`."""
        return Periods(self.total - before.total, self.throttled - before.throttled)


class Group:
    """Processes that share a quota; made by `half_core`."""

    def __init__(self, controller: Controller, folder: Path) -> None:
        self._controller = controller
        self._folder = folder

    def command(self, words: list[str]) -> list[str]:
        """The command as one that joins the group and its core before it begins."""
        join = 'echo $$ > "$0" && exec taskset --cpu-list "$@"'
        members = str(self._folder / "cgroup.procs")
        return ["sh", "-c", join, members, str(SERVER_CORE), *words]

    def limit(self, *, limited: bool) -> None:
        """Put the quota on, or lift it."""
        for name, value in self._controller.quota(limited=limited).items():
            (self._folder / name).write_text(value, encoding="ascii")

    def periods(self) -> Periods:
        """Counted by the kernel while the quota is on."""
        lines = (self._folder / "cpu.stat").read_text(encoding="ascii").splitlines()
        told = dict(line.split() for line in lines)
        return Periods(int(told["nr_periods"]), int(told["nr_throttled"]))

    def cpu_seconds(self) -> float:
        """Used by the processes that are there."""
        hertz = os.sysconf("SC_CLK_TCK")
        stats = ((process / "stat").read_text(encoding="utf-8") for process in self._processes())
        return sum(ticks(stat) for stat in stats) / hertz

    def rss_mib(self) -> float:
        """Resident set size of the processes that are there, added up."""
        statuses = ((process / "status").read_text("utf-8") for process in self._processes())
        return sum(rss_kib(status) for status in statuses) / 1024

    def _processes(self) -> list[Path]:
        members = (self._folder / "cgroup.procs").read_text(encoding="ascii").split()
        return [Path("/proc") / pid for pid in members]


@contextmanager
def half_core() -> Iterator[Group]:
    """A group on a core of its own, this process and its later children on the other.

    Raises `NoQuotaError` where the kernel or this user's rights do not allow it.
    """
    needed = {SERVER_CORE, OTHERS_CORE}
    if not needed <= os.sched_getaffinity(0):
        raise NoQuotaError(f"cores {sorted(needed)} are needed, and this process may not use both")
    controller = controller_in(Path("/proc/mounts").read_text(encoding="utf-8"))
    folder = controller.folder / f"stackyard-bench-{os.getpid()}"
    group = Group(controller, folder)
    try:
        folder.mkdir()
        group.limit(limited=False)
    except OSError as error:
        if folder.is_dir():
            folder.rmdir()
        raise NoQuotaError(
            f"no half core: {error.filename} cannot be written ({error.strerror}); run as root"
            " where the cpu controller is not read-only"
        ) from error
    os.sched_setaffinity(0, {OTHERS_CORE})
    try:
        yield group
    finally:
        _remove(folder)


def ticks(stat: str) -> int:
    """CPU time of a process and its threads, by the text of /proc/PID/stat."""
    # The name may hold spaces and brackets; fields 14 and 15 are the twelfth and thirteenth after.
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def rss_kib(status: str) -> int:
    """Of the text of /proc/PID/status; a process that has ended has none."""
    lines = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return sum(int(line.split()[1]) for line in lines)


def _remove(folder: Path) -> None:
    """A group goes once its last process is gone, which the kernel may notice late."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
