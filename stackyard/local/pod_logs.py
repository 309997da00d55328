"""Logs of containers: one file a start, kept small, read whole, by the end, or as it grows."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path

KEPT_STARTS = 2
"""The log of the running process and of the one before it, as `kubectl logs --previous` asks."""
KEPT_PODS = 40
"""Pods that are gone whose logs stay readable."""
LOG_BYTES = 16 * 1024 * 1024
"""A larger log is cut to its second half."""
FOLLOW_SECONDS = 0.2
_CHUNK = 64 * 1024


def pod_log_folder(logs: Path, namespace: str, pod: str) -> Path:
    """Where the logs of a pod's containers are."""
    return logs / "pods" / f"{namespace}_{pod}"


def new_log(folder: Path, container: str, restarts: int) -> Path:
    """The file for a container's next process; logs of long past ones are deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in _starts(folder, container)[KEPT_STARTS - 1 :]:
        old.unlink()
    return folder / f"{container}.{restarts}.log"


def find_log(folder: Path, container: str, *, previous: bool = False) -> Path | None:
    """The log of the container's last process, or of the one before it."""
    starts = _starts(folder, container)
    place = 1 if previous else 0
    return starts[place] if len(starts) > place else None


def tail(log: Path, *, lines: int | None = None, limit_bytes: int | None = None) -> bytes:
    """The log, or its last lines; at most `limit_bytes` of that from its beginning."""
    content = log.read_bytes()
    if lines is not None:
        content = b"".join(content.splitlines(keepends=True)[-lines:]) if lines else b""
    return content[:limit_bytes]


async def follow(log: Path, *, offset: int, is_running: Callable[[], bool]) -> AsyncIterator[bytes]:
    """What is written after `offset`, until the process has ended and all is read."""
    with log.open("rb") as file:
        file.seek(offset)
        while True:
            # Asked before reading: what the process wrote last is still read.
            running = is_running()
            chunk = file.read(_CHUNK)
            if chunk:
                yield chunk
                continue
            if not running:
                return
            if os.fstat(file.fileno()).st_size < file.tell():
                file.seek(0)
            await asyncio.sleep(FOLLOW_SECONDS)


def bound(log: Path, limit_bytes: int = LOG_BYTES) -> None:
    """Cut a log that has grown too large; its process goes on appending to the same file."""
    if not log.exists() or log.stat().st_size <= limit_bytes:
        return
    with log.open("r+b") as file:
        file.seek(-(limit_bytes // 2), 2)
        file.readline()
        rest = file.read()
        file.seek(0)
        file.write(rest)
        file.truncate()


def prune(logs: Path, live: Collection[Path]) -> None:
    """Delete the logs of pods that are long gone."""
    pods = logs / "pods"
    if not pods.exists():
        return
    gone = [folder for folder in pods.iterdir() if folder not in live]
    gone.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in gone[KEPT_PODS:]:
        shutil.rmtree(folder, ignore_errors=True)


def _starts(folder: Path, container: str) -> list[Path]:
    """The container's logs, newest first."""
    numbered = {
        int(number): path
        for path in folder.glob(f"{container}.*.log")
        if (number := path.name.removeprefix(f"{container}.").removesuffix(".log")).isdecimal()
    }
    return [numbered[number] for number in sorted(numbered, reverse=True)]
