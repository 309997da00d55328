"""`make doctor`: what keeps `make up` from going well, each with the command that mends it."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.local import binaries, cloud, disk_space, packages, ports
from stackyard.local.binaries import BINARIES, Binary
from stackyard.local.layout import SLOT_VARIABLE, SLOTS, Layout
from stackyard.local.processes import pids_of
from stackyard.local.up import STACK_MIB
from stackyard.local.versions import cache_folder


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    seen: str
    run: str = ""
    """The command that mends it; empty where nothing is wrong."""


def checks(layout: Layout, cache: Path | None = None) -> list[Check]:
    """Every check, in the order in which `make up` needs what it looks at; nothing is changed."""
    missing = [binary for binary in BINARIES if binaries.find(binary, cache) is None]
    return [
        Check(name="platform", ok=True, seen=f"{platform.system()} on {platform.machine()}"),
        _packages(),
        *(_binary(binary, cache) for binary in BINARIES),
        _space(cache or cache_folder(), binaries.DOWNLOAD_MIB if missing else 0),
        _space(layout.root / ".local", 0 if layout.folder.exists() else STACK_MIB),
        *_cloud(layout),
    ]


def report(found: Sequence[Check]) -> str:
    """A line a check, aligned, its command after an arrow."""
    width = max(len(one.name) for one in found)
    return "\n".join(_line(one, width) for one in found)


def _line(one: Check, width: int) -> str:
    way = f" → {one.run}" if one.run else ""
    return f"{'✔' if one.ok else '✘'} {one.name:<{width}}  {one.seen}{way}"


def _packages() -> Check:
    missing = packages.missing_packages()
    if missing:
        seen = f"{', '.join(missing)}: not installed"
        return Check(name="packages", ok=False, seen=seen, run=packages.install_command(missing))
    return Check(name="packages", ok=True, seen=", ".join(packages.PACKAGES))


def _binary(binary: Binary, cache: Path | None) -> Check:
    given = binaries.given_on_path(binary, cache)
    cached = binaries.place(binary, cache)
    if given is not None:
        return Check(name=binary.name, ok=True, seen=str(given))
    if not cached.is_file():
        seen = f"{binary.version} is not there yet"
        return Check(name=binary.name, ok=False, seen=seen, run="make tools")
    fault = binaries.fault_of(binary, cached, read_all=True)
    if fault is not None:
        seen = f"{cached} is damaged: {fault}"
        return Check(name=binary.name, ok=False, seen=seen, run=f"rm {cached}; make tools")
    return Check(name=binary.name, ok=True, seen=str(cached))


def _space(folder: Path, needed_mib: int) -> Check:
    short = disk_space.shortage(folder, needed_mib)
    if short is not None:
        return Check(name="space", ok=False, seen=short, run=f"df -h {folder.anchor}")
    seen = f"{folder}: {disk_space.free_mib(folder)} MiB are free"
    return Check(name="space", ok=True, seen=seen)


def _cloud(layout: Layout) -> Iterator[Check]:
    if cloud.supervisor_pid(layout) is None:
        yield from _before_up(layout)
        return
    ill = [part for part in cloud.parts(layout) if part.state != "ready"]
    if not ill:
        yield Check(name="cloud", ok=True, seen="every part is ready")
    for part in ill:
        seen = f"{part.name}: {part.state}: {part.message}".removesuffix(": ")
        yield Check(name="cloud", ok=False, seen=seen.splitlines()[0], run="make logs")


def _before_up(layout: Layout) -> Iterator[Check]:
    left = pids_of(layout)
    if left:
        seen = f"its supervisor was killed and left {len(left)} processes"
        yield Check(name="cloud", ok=False, seen=seen, run="make up")
        return
    taken = ports.taken_by_others(layout)
    for line in taken:
        way = f"end it, or: make up {SLOT_VARIABLE}=<0 to {SLOTS - 1}>"
        yield Check(name="ports", ok=False, seen=line, run=way)
    if not taken:
        network = layout.address(0, 0)
        yield Check(name="ports", ok=True, seen=f"nothing listens in {network}/16")
    yield Check(name="cloud", ok=True, seen="not up")
