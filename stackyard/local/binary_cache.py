"""The checksum beside each cached executable: damage is found without reading what is unchanged."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from stackyard.local.secrets import write_private
from stackyard.local.wire import JsonObject

LOCK = ".lock"
"""Held in a cache folder by the one process that makes what is missing there."""


@dataclass(frozen=True, kw_only=True)
class _Note:
    """What the file was when it was made: content, and the marks of an untouched one."""

    sha256: str
    size: int
    mtime_ns: int


def keep_checksum(executable: Path) -> None:
    """Note what a verified `executable` is, unless the note of an untouched one stands there."""
    kept, there = _kept(executable), executable.stat()
    if kept is None or (kept.size, kept.mtime_ns) != (there.st_size, there.st_mtime_ns):
        write_private(_note_path(executable), json.dumps(asdict(_note_of(executable))) + "\n")


def has_checksum(executable: Path) -> bool:
    """Whether a readable note stands beside it."""
    return _kept(executable) is not None


def damage(executable: Path, *, read_all: bool = False) -> str | None:
    """What is wrong with a cached executable, in a few words; none where it is what was noted.

    Its content is read only where its time is another than the noted one, or by `read_all`; an
    executable without a note is not judged.
    """
    kept = _kept(executable)
    if kept is None:
        return None
    there = executable.stat()
    if there.st_size != kept.size:
        return f"it has {there.st_size} bytes, not {kept.size}"
    if there.st_mtime_ns == kept.mtime_ns and not read_all:
        return None
    if _sha256(executable) != kept.sha256:
        return "its SHA-256 is not the one it was kept with"
    return None


def remove(executable: Path) -> None:
    """Take the executable and its note away."""
    executable.unlink(missing_ok=True)
    _note_path(executable).unlink(missing_ok=True)


def remove_halves(folder: Path) -> None:
    """Take away what a download or a build left that was killed; nobody may be at work there."""
    for entry in folder.iterdir():
        if entry.name.startswith(".") and entry.name != LOCK:
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def _note_path(executable: Path) -> Path:
    return executable.with_name(f"{executable.name}.kept.json")


def _note_of(executable: Path) -> _Note:
    there = executable.stat()
    return _Note(sha256=_sha256(executable), size=there.st_size, mtime_ns=there.st_mtime_ns)


def _kept(executable: Path) -> _Note | None:
    try:
        found = JsonObject(json.loads(_note_path(executable).read_bytes()))
        return _Note(
            sha256=str(found["sha256"]), size=int(found["size"]), mtime_ns=int(found["mtime_ns"])
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _sha256(executable: Path) -> str:
    with executable.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
