"""The supervisor of a slot, run as `make up` runs it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from stackyard.local.cloud import START_SECONDS, STOP_SECONDS, supervisor_pid
from stackyard.local.layout import SLOT_VARIABLE, Layout
from stackyard.local.ports import conflicts, listeners
from stackyard.local.processes import RUN_VARIABLE, pids_of
from tests.local.slots import free_slot

PROJECT_ROOT = Path(__file__).resolve().parents[2]
PARTS = {"aws", "kubernetes", "node", "balancer", "databases", "caches", "edge"}

pytestmark = pytest.mark.local


def _start(layout: Layout) -> subprocess.Popen[bytes]:
    layout.root.mkdir(exist_ok=True)
    with (layout.root / "supervisor.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "stackyard.local.supervisor"],
            cwd=layout.root,
            env={**os.environ, SLOT_VARIABLE: str(layout.slot), "PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


@contextmanager
def _slot(root: Path) -> Iterator[Layout]:
    """A free slot in which a test that fails leaves nothing running either."""
    with free_slot(root) as slot:
        try:
            yield slot
        finally:
            for pid in pids_of(slot):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@contextmanager
def _running(layout: Layout) -> Iterator[subprocess.Popen[bytes]]:
    """A supervisor whose parts are all ready; ended with the block, if it still runs."""
    # As `make up` does: what a killed supervisor said is no longer true.
    (layout.run / "status.json").unlink(missing_ok=True)
    supervisor = _start(layout)
    try:
        _until(lambda: _states(layout) == dict.fromkeys(PARTS, "ready"), layout)
        yield supervisor
    finally:
        supervisor.terminate()
        supervisor.wait(STOP_SECONDS)


def _status(layout: Layout) -> dict[str, dict[str, str]]:
    try:
        return json.loads((layout.run / "status.json").read_text())
    except FileNotFoundError:
        return {}


def _states(layout: Layout) -> dict[str, str]:
    return {part: told["state"] for part, told in _status(layout).items()}


def _until(true: Callable[[], bool], layout: Layout) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not true():
        log = layout.root / "supervisor.log"
        assert time.monotonic() < deadline, f"{_status(layout)}\n{log.read_text()}"
        time.sleep(0.05)


def _pid_of(layout: Layout, word: str) -> int:
    return next(pid for pid in pids_of(layout) if word.encode() in _words(pid, "cmdline")[:3])


def _words(pid: int, name: str) -> list[bytes]:
    """What /proc holds of a process by that name; nothing of one that has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/{name}").read_bytes().split(b"\0")
    return []


def _descendants(pid: int) -> list[int]:
    """Every process below this one."""
    # Words of `stat` after the name, which may hold blanks: state, parent.
    stats = {
        int(entry.name): b" ".join(_words(int(entry.name), "stat")).rpartition(b")")[2].split()
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal()
    }
    found = [pid]
    for parent in found:
        found += [child for child, words in stats.items() if words[1:2] == [b"%d" % parent]]
    return found[1:]


def _killed(supervisor: subprocess.Popen[bytes]) -> None:
    supervisor.kill()
    supervisor.wait(60)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A slot with a running supervisor."""
    with _slot(tmp_path_factory.mktemp("slot")) as slot, _running(slot):
        yield slot


def test_every_process_of_the_slot_carries_its_mark(layout: Layout):
    supervisor = supervisor_pid(layout)
    assert supervisor is not None

    found = [_words(pid, "environ") for pid in _descendants(supervisor)]

    mark = f"{RUN_VARIABLE}={layout.folder}".encode()
    # What ended meanwhile shows nothing, or one empty word.
    environments = [variables for variables in found if any(variables)]
    assert len(environments) >= 5
    assert all(mark in variables for variables in environments)


def test_a_slot_has_one_supervisor(layout: Layout):
    second = _start(layout)

    assert second.wait(60) == 1
    said = (layout.root / "supervisor.log").read_text()
    assert f"slot {layout.slot} has a supervisor already" in said
    assert set(_states(layout).values()) == {"ready"}


@pytest.mark.parametrize(("word", "part"), [("stackyard.local.aws.server", "aws")])
def test_a_daemon_that_dies_is_started_again(layout: Layout, word: str, part: str):
    first = _pid_of(layout, word)

    os.kill(first, signal.SIGKILL)
    _until(lambda: _status(layout)[part]["message"] == f"{part} was started again", layout)

    assert _status(layout)[part]["state"] == "ready"
    assert _pid_of(layout, word) != first


def test_a_sigterm_leaves_no_process_no_port_and_no_pid_file(tmp_path: Path):
    with _slot(tmp_path) as slot:
        with _running(slot) as supervisor:
            supervisor.terminate()
            # As long as `make down` gives it.
            code = supervisor.wait(STOP_SECONDS)

        assert (code, pids_of(slot), conflicts(slot, listeners())) == (0, [], [])
        assert [path.name for path in slot.run.iterdir() if path.suffix in {".pid", ".json"}] == []


def test_what_a_killed_supervisor_left_is_ended_by_the_next(tmp_path: Path):
    with _slot(tmp_path) as slot:
        with _running(slot) as first:
            _killed(first)
            left = set(pids_of(slot))

        with _running(slot):
            now = set(pids_of(slot))

    assert len(left) >= 5
    assert left & now == set()


def test_a_part_that_cannot_start_is_told_and_everything_ends(tmp_path: Path):
    with _slot(tmp_path) as slot:
        (slot.data / "etcd").mkdir(parents=True)
        (slot.data / "etcd" / "member").write_text("no folder")
        supervisor = _start(slot)

        code = supervisor.wait(60)

        assert (code, pids_of(slot)) == (1, [])
        assert _states(slot)["kubernetes"] == "failed"
        assert "etcd ended with exit code" in _status(slot)["kubernetes"]["message"]
