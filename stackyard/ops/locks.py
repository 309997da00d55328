"""Locks on a stack, as the CLI's refusal lists them: whose, how old, and the way out."""

import json
import os
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stackyard.ops.engine import Workspace

_FOLDER = "file://"
_LOCK = re.compile(r"^\s+\S+: created by (.*)@(\S+) \(pid (\d+)\) at (\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One lock of a file, S3 or other backend of one's own."""

    owner: str
    host: str
    pid: int
    since: datetime

    def stale(self, host: str, runs: Callable[[int], bool]) -> bool:
        """Whether its process is gone for sure: it was of `host`, this machine, and runs no more.

        Of another machine's nobody here can tell.
        """
        return self.host == host and not runs(self.pid)


def locks_in(said: str) -> list[Lock]:
    """The locks that the CLI's text names; none where it was refused for something else."""
    return [
        Lock(owner=owner, host=host, pid=int(pid), since=datetime.fromisoformat(since))
        for owner, host, pid, since in _LOCK.findall(said)
    ]


def locks_of(workspace: Workspace) -> list[Lock]:
    """The locks in a backend that is a folder; of another kind only a refusal tells them."""
    url = workspace.variables.get("PULUMI_BACKEND_URL", "")
    if not url.startswith(_FOLDER):
        return []
    folder = Path(url.removeprefix(_FOLDER).partition("?")[0])
    found = folder.glob(f".pulumi/locks/*/*/{workspace.stack}/*.json")
    return [_lock_in(file) for file in found]


def _lock_in(file: Path) -> Lock:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return Lock(
        owner=content["username"],
        host=content["hostname"],
        pid=content["pid"],
        since=datetime.fromisoformat(content["timestamp"]),
    )


def runs_here(pid: int) -> bool:
    """Whether a process of that number is there, on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def locked_message(
    locks: Sequence[Lock],
    workspace: Workspace,
    *,
    now: datetime | None = None,
    host: str | None = None,
    runs: Callable[[int], bool] = runs_here,
) -> str:
    """Who holds the stack and since when; a lock is never broken without being told to."""
    moment, here = now or datetime.now(UTC), host or socket.gethostname()
    gone = [lock.stale(here, runs) for lock in locks]
    listed = [
        f"  {lock.owner}@{lock.host} (pid {lock.pid}) since {_age(moment - lock.since)}"
        f" ({lock.since.isoformat()})" + (", a process that is gone: stale" if stale else "")
        for lock, stale in zip(locks, gone, strict=True)
    ]
    free = workspace.by_hand("cancel --yes")
    way = f"Free it: {free}" if all(gone) else f"Wait for it to end. If it is gone for sure: {free}"
    return "\n".join([f"the stack {workspace.stack} is locked by", *listed, way])


def _age(age: timedelta) -> str:
    minutes, seconds = divmod(max(0, int(age.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
