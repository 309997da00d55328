"""`make down`: through the engine, and nothing left but caches."""

import os
from pathlib import Path

import pytest

from stackyard.local.layout import SLOT_VARIABLE, Layout
from stackyard.local.processes import RUN_VARIABLE
from tests.end_to_end.running_stack import RunningStack

pytestmark = pytest.mark.end_to_end

CACHES = {"cache", "images"}


def processes_with(mark: str) -> list[str]:
    """Processes in whose environment the mark stands, but this one."""
    found: list[str] = []
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal() or int(process.name) == os.getpid():
            continue
        try:
            if mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def parts_of(layout: Layout) -> list[str]:
    return processes_with(f"{RUN_VARIABLE}={layout.folder}")


def supervisors_of(layout: Layout) -> list[str]:
    """What was started for the slot by a command, which hands the slot's number on."""
    return processes_with(f"{SLOT_VARIABLE}={layout.slot}")


def listening_on(layout: Layout) -> list[str]:
    second_byte = f"{10 + layout.slot:02X}7F"
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local_addresses = [row.split()[1] for row in rows if row.split()[3] == "0A"]
    return [address for address in local_addresses if address.split(":")[0][4:] == second_byte]


def mounts_of(layout: Layout) -> list[str]:
    rows = Path("/proc/mounts").read_text().splitlines()
    return [row for row in rows if Path(row.split()[1]).is_relative_to(layout.folder)]


def left_beside_caches(layout: Layout) -> set[str]:
    """What is in `.local` and is neither a cache nor another slot's."""
    there = {entry.name for entry in layout.folder.parent.iterdir()}
    others = {name for name in there if name.isdecimal() and name != layout.folder.name}
    # Slot 0 alone keeps a file beside its folder.
    return there - CACHES - others - ({"env"} if "0" in others else set())


def test_down_leaves_nothing_of_the_slot_but_caches(stack: RunningStack) -> None:
    layout = stack.layout
    assert parts_of(layout)
    assert any("stackyard.local.supervisor" in words for words in supervisors_of(layout))
    assert listening_on(layout)
    assert left_beside_caches(layout) == {layout.folder.name}

    down = stack.stackyard("local", "down")

    assert down.returncode == 0, down.stderr
    assert parts_of(layout) == []
    assert supervisors_of(layout) == []
    assert listening_on(layout) == []
    assert mounts_of(layout) == []
    assert left_beside_caches(layout) == set()


def test_down_twice_is_no_error(stack: RunningStack) -> None:
    assert not stack.layout.folder.exists()

    assert stack.stackyard("local", "down").returncode == 0
