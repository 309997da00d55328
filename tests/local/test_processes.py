"""Child processes: waited for, restarted, ended with all they started, swept after a crash."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local.layout import Layout
from stackyard.local.processes import Process, environment_of, pids_of, sweep

TEN_MINUTES = "600"


def _layout(root: Path) -> Layout:
    return Layout(root=root, slot=103)


def _shell(
    root: Path,
    script: str,
    ready: Callable[[], Awaitable[bool]] | None = None,
    *,
    restarts: bool = False,
) -> Process:
    layout = _layout(root)
    return Process(
        name="child",
        argv=["sh", "-c", script],
        environment=environment_of(layout),
        log=layout.logs / "child.log",
        ready=ready,
        restarts=restarts,
        folder=root,
    )


def _file_is_there(path: Path) -> Callable[[], Awaitable[bool]]:
    async def there() -> bool:
        return await asyncio.to_thread(path.exists)

    return there


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _lines(path: Path) -> int:
    return path.read_text().count("\n") if path.exists() else 0


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # a process' doings set no event
            await asyncio.sleep(0.02)


def test_a_child_sees_nothing_of_the_callers_cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1")

    given = environment_of(_layout(tmp_path), {"EXTRA": "1"})

    assert set(given) <= {"PATH", "HOME", "TMPDIR", "LC_ALL", "STACKYARD_RUN", "EXTRA"}
    assert given["STACKYARD_RUN"] == str(tmp_path / ".local" / "103")


def test_what_a_child_says_goes_where_its_output_leads(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    child = _shell(tmp_path, "echo said; echo complained >&2")
    child.output = writes

    async def story() -> None:
        await child.start()
        await child.wait()

    asyncio.run(story())
    os.close(writes)

    with os.fdopen(reads) as pipe:
        assert pipe.read() == "said\n"
    assert child.log.read_text() == "complained\n"


def test_waiting_ends_when_the_child_answers(tmp_path: Path):
    child = _shell(tmp_path, "sleep 0.2; touch up; sleep 600", _file_is_there(tmp_path / "up"))

    async def scene() -> bool:
        await child.start()
        await child.wait_ready(20)
        there = (tmp_path / "up").exists() and child.running
        await child.stop()
        return there

    assert asyncio.run(scene())


def test_a_child_that_ends_before_it_answers_is_told_with_its_last_words(tmp_path: Path):
    child = _shell(tmp_path, "echo no such option; exit 3", _file_is_there(tmp_path / "up"))

    async def scene() -> None:
        await child.start()
        await child.wait_ready(20)

    with pytest.raises(StackyardError, match=r"(?s)exit code 3 before it answered.*such option"):
        asyncio.run(scene())


def test_a_child_that_never_answers_is_told(tmp_path: Path):
    child = _shell(tmp_path, "sleep 600", _file_is_there(tmp_path / "up"))

    async def scene() -> None:
        await child.start()
        try:
            await child.wait_ready(0.1)
        finally:
            await child.stop()

    with pytest.raises(StackyardError, match=r"child did not answer within 0\.1 s"):
        asyncio.run(scene())


def test_a_program_that_is_not_there_is_named(tmp_path: Path):
    child = _shell(tmp_path, "")
    child.argv = [tmp_path / "nothing"]

    with pytest.raises(StackyardError, match=r"child can't be started: .*/nothing: No such file"):
        asyncio.run(child.start())


def test_a_running_child_is_not_started_twice(tmp_path: Path):
    child = _shell(tmp_path, "sleep 600")

    async def scene() -> None:
        await child.start()
        try:
            await child.start()
        finally:
            await child.stop()

    with pytest.raises(StackyardError, match="child runs already"):
        asyncio.run(scene())


def test_a_stop_ends_what_the_child_started(tmp_path: Path):
    child = _shell(tmp_path, "sleep 600 & echo $! >pid; sync; touch up; wait")
    child.ready = _file_is_there(tmp_path / "up")

    async def scene() -> int:
        await child.start()
        await child.wait_ready(20)
        grandchild = int((tmp_path / "pid").read_text())
        await child.stop()
        await _until(lambda: not _alive(grandchild))
        return grandchild

    assert not _alive(asyncio.run(scene()))


def test_a_child_that_ignores_the_signal_is_killed_after_the_grace(tmp_path: Path):
    child = _shell(tmp_path, "trap '' TERM; touch up; while :; do sleep 0.05; done")
    child.ready = _file_is_there(tmp_path / "up")

    async def scene() -> int | None:
        await child.start()
        await child.wait_ready(20)
        await child.stop(grace_seconds=0.2)
        return child.exit_code

    assert asyncio.run(scene()) == -signal.SIGKILL


def test_a_child_that_dies_is_started_again(tmp_path: Path):
    child = _shell(tmp_path, "echo >>starts; sleep 600", restarts=True)
    told: list[str] = []
    child.on_change = lambda _, change: told.append(change)

    async def scene() -> None:
        await child.start()
        first = child.pid
        assert first is not None
        await _until(lambda: _lines(tmp_path / "starts") == 1)
        os.kill(first, signal.SIGKILL)
        await _until(lambda: _lines(tmp_path / "starts") == 2)
        await child.stop()

    asyncio.run(scene())

    assert told == ["ended with exit code -9", "started again"]


def test_a_worker_that_outlives_its_main_process_is_ended(tmp_path: Path):
    child = _shell(tmp_path, "sleep 600 & echo $! >pid; exit 1")

    async def scene() -> int:
        await child.start()
        assert await child.wait() == 1
        worker = int((tmp_path / "pid").read_text())
        await _until(lambda: not _alive(worker))
        return worker

    assert not _alive(asyncio.run(scene()))


def test_a_stopped_child_is_not_started_again(tmp_path: Path):
    child = _shell(tmp_path, "echo >>starts; exit 1", restarts=True)

    async def scene() -> tuple[int | None, bool]:
        await child.start()
        await _until(lambda: (tmp_path / "starts").exists() and not child.running)
        await child.stop()
        starts = (tmp_path / "starts").read_text()
        await asyncio.sleep(0.4)
        return child.pid, (tmp_path / "starts").read_text() == starts

    assert asyncio.run(scene()) == (None, True)


def test_the_sweep_ends_what_carries_the_slots_mark_and_nothing_else(tmp_path: Path):
    layout = Layout(root=tmp_path, slot=1)
    longer = Layout(root=tmp_path, slot=10)

    async def scene() -> tuple[bool, bool, bool]:
        start = asyncio.create_subprocess_exec
        ours = await start("sleep", TEN_MINUTES, env=environment_of(layout))
        stubborn = await start(
            *(sys.executable, "-c"),
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
            env=environment_of(layout),
        )
        others = await start("sleep", TEN_MINUTES, env=environment_of(longer))
        try:
            await _until(lambda: len(pids_of(layout)) == 2)
            found = await sweep(layout, grace_seconds=0.3)
            await asyncio.wait_for(asyncio.gather(ours.wait(), stubborn.wait()), 10)
            return set(found) == {ours.pid, stubborn.pid}, pids_of(layout) == [], _alive(others.pid)
        finally:
            others.kill()
            await others.wait()

    assert asyncio.run(scene()) == (True, True, True)
