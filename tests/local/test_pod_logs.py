"""Logs of containers stay small and are read by their end or as they grow."""

import asyncio
from pathlib import Path

from stackyard.local.pod_logs import bound, find_log, follow, new_log, tail


def test_logs_of_the_last_two_starts_are_kept(tmp_path: Path) -> None:
    for start in range(12):
        new_log(tmp_path, "api", start).write_text(f"start {start}\n")

    last, before = find_log(tmp_path, "api"), find_log(tmp_path, "api", previous=True)
    assert last is not None
    assert before is not None
    assert (last.read_text(), before.read_text()) == ("start 11\n", "start 10\n")
    assert len(list(tmp_path.iterdir())) == 2


def test_the_tail_of_a_log_is_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\nthree\n")

    assert tail(log, lines=2) == b"two\nthree\n"
    assert tail(log, lines=0) == b""
    assert tail(log, limit_bytes=5) == b"one\nt"


def test_a_log_that_grew_too_large_keeps_its_end_and_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("a") as writer:
        writer.writelines(f"line {number:04}\n" for number in range(1000))
        writer.flush()
        bound(log, limit_bytes=1000)
        writer.write("after\n")

    lines = log.read_text().splitlines()
    assert lines[-2:] == ["line 0999", "after"]
    assert lines[0].startswith("line ")
    assert len(lines) < 60


def test_a_log_is_followed_until_its_process_has_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    alive = [True, True, False]

    def is_running() -> bool:
        if len(alive) == 2:
            with log.open("a") as writer:
                writer.write("after\n")
        return alive.pop(0) if alive else False

    async def read() -> bytes:
        return b"".join([part async for part in follow(log, offset=7, is_running=is_running)])

    assert asyncio.run(read()) == b"after\n"
