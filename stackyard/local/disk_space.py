"""Room on the disk, asked before something large is written."""

from __future__ import annotations

import shutil
from pathlib import Path

from stackyard.errors import StackyardError

MIB = 1024 * 1024


def shortage(folder: Path, needed_mib: int) -> str | None:
    """What is missing where less than `needed_mib` is free for `folder`; none where it is there."""
    there = free_mib(folder)
    if there >= needed_mib:
        return None
    return f"{folder}: {there} MiB are free, {needed_mib} MiB are needed"


def free_mib(folder: Path) -> int:
    """MiB that may be written to `folder`, which need not be there yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // MIB


def check(folder: Path, needed_mib: int, purpose: str) -> None:
    """Raise `StackyardError` where `purpose` would fill the disk."""
    short = shortage(folder, needed_mib)
    if short is not None:
        raise StackyardError(f"{short} to {purpose}; free some, then run the same command again")
