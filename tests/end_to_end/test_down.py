"""`make down`: through the engine, and nothing left but caches."""

from pathlib import Path

import pytest

from tests.end_to_end.running_stack import SLOT, RunningStack, stackyard

pytestmark = pytest.mark.end_to_end


def processes_of_the_slot(stack: RunningStack) -> list[str]:
    mark = f"STACKYARD_RUN={stack.layout.folder}\0".encode()
    found: list[str] = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and mark in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def listening_on_the_slot() -> list[str]:
    second_byte = f"{10 + SLOT:02X}7F"
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local_addresses = [row.split()[1] for row in rows if row.split()[3] == "0A"]
    return [address for address in local_addresses if address.split(":")[0][4:] == second_byte]


def test_down_leaves_no_process_port_or_folder(stack: RunningStack) -> None:
    assert processes_of_the_slot(stack)
    assert listening_on_the_slot()

    down = stackyard("local", "down")

    assert down.returncode == 0, down.stderr
    assert processes_of_the_slot(stack) == []
    assert listening_on_the_slot() == []
    assert not stack.layout.folder.exists()


def test_down_twice_is_no_error(stack: RunningStack) -> None:
    assert not stack.layout.folder.exists()

    assert stackyard("local", "down").returncode == 0
