"""The pipe of HAProxy's log gives whole lines and never waits."""

import os
from collections.abc import Iterator

import pytest

from stackyard.local.request_log import PIPE_BYTES, RequestLog


@pytest.fixture
def log() -> Iterator[RequestLog]:
    made = RequestLog()
    yield made
    made.close()


def test_nothing_written_is_nothing_read(log: RequestLog) -> None:
    assert log.read() == b""


def test_lines_come_once(log: RequestLog) -> None:
    os.write(log.writes, b"blue 1\nblue 2\n")

    seen = [log.read(), log.read()]

    assert seen == [b"blue 1\nblue 2\n", b""]


def test_half_a_line_waits_for_its_end(log: RequestLog) -> None:
    os.write(log.writes, b"blue 1\nblu")

    first = log.read()
    os.write(log.writes, b"e 2\n")

    assert (first, log.read()) == (b"blue 1\n", b"blue 2\n")


def test_a_full_pipe_is_read_whole(log: RequestLog) -> None:
    os.set_blocking(log.writes, False)
    written = os.write(log.writes, b"blue 1\n" * 200_000)

    seen = log.read()

    assert len(seen) == written - written % 7
    assert written == PIPE_BYTES
