"""The loads themselves, against a server of a few lines."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import islice

import pytest

from tests.end_to_end import load
from tests.end_to_end.http_connection import Reply, connect, request_to, whole_reply
from tests.end_to_end.load import CLIENTS, Answers, closed_loop, open_loop, requests_to

RELEASE = "sha256:5e"
Answer = Callable[[int], bytes | None]
"""By the request's number: what is sent back, or none to end the connection instead."""


def reply(status: int = 200, *, length: bool = True, close: bool = False) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"X-Release: {RELEASE}"]
    lines += ["Content-Length: 2"] if length else []
    lines += ["Connection: close"] if close else []
    return ("\r\n".join(lines) + "\r\n\r\n{}").encode()


class Server:
    """Keeps what it was asked, and on how many connections."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[str] = []
        self.connections = 0
        self._answer = answer

    @property
    def clients(self) -> set[str]:
        lines = [line for request in self.requests for line in request.splitlines()]
        return {line.split(": ")[1] for line in lines if line.startswith("X-Forwarded-For")}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.requests.append((await reader.readuntil(b"\r\n\r\n")).decode())
                answer = self._answer(len(self.requests))
                if answer is None:
                    break
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


def under(answer: Answer, story: Callable[[str], Awaitable[Answers]]) -> tuple[Server, Answers]:
    """What a server saw and a load counted."""
    server = Server(answer)

    @asynccontextmanager
    async def listening() -> AsyncIterator[str]:
        made = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        async with made:
            host, port = made.sockets[0].getsockname()
            yield f"http://{host}:{port}/api/posts?limit=1"

    async def whole() -> Answers:
        async with listening() as url:
            return await story(url)

    return server, asyncio.run(whole())


def opened(
    answer: Answer, *, per_second: int = 500, connections: int = 4
) -> tuple[Server, Answers]:
    """A second of an open loop."""
    return under(
        answer,
        lambda url: open_loop(
            url,
            per_second=per_second,
            at_least_seconds=1,
            meanwhile=lambda: None,
            connections=connections,
        ),
    )


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "AFTER_SECONDS", 0.0)


def test_each_request_comes_from_an_address_of_its_own() -> None:
    server, answers = opened(lambda _: reply(), per_second=1200)

    assert len(server.clients) == answers.sent >= 1000
    assert answers.kinds == {"200": answers.sent}


def test_addresses_come_again_after_so_many_that_no_limit_is_met() -> None:
    requests = requests_to("http://127.0.0.1/")

    first = next(requests)
    round_ = set(islice(requests, CLIENTS - 1))

    assert first not in round_
    assert len(round_) == CLIENTS - 1
    assert next(requests) == first


def test_requests_share_the_connections_that_are_kept_alive() -> None:
    server, answers = opened(lambda _: reply(), connections=4)

    assert server.connections == 4
    assert len(server.requests) == answers.sent >= 500


def test_answers_are_counted_by_the_release_that_gave_them() -> None:
    _, answers = opened(lambda number: reply(500 if number % 2 else 200))

    assert answers.releases == {RELEASE: answers.sent}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_that_is_not_200_is_a_failure_with_its_time(status: int) -> None:
    _, answers = opened(lambda number: reply(status if number <= 3 else 200))

    assert answers.kinds == {"200": answers.sent - 3, str(status): 3}
    assert answers.failed == len(answers.failed_at) == 3


def test_a_connection_that_ends_before_the_answer_is_a_failure_and_made_anew() -> None:
    server, answers = opened(lambda number: None if number == 10 else reply(), connections=1)

    assert answers.kinds == {"200": answers.sent - 1, "EOFError": 1}
    assert server.connections == 2


def test_a_connection_that_the_server_says_it_closes_is_no_failure() -> None:
    server, answers = opened(lambda number: reply(close=number == 10), connections=1)

    assert answers.kinds == {"200": answers.sent}
    assert server.connections == 2


def test_nobody_listening_is_a_failure() -> None:
    loop = open_loop(
        "http://127.0.0.1:1/", per_second=50, at_least_seconds=0, meanwhile=lambda: None
    )

    answers = asyncio.run(loop)

    assert answers.kinds == {"ConnectionRefusedError": answers.sent}


def test_what_the_action_raises_ends_the_load() -> None:
    def broken() -> None:
        raise LookupError("no such pod")

    with pytest.RaisesGroup(pytest.RaisesExc(LookupError, match="no such pod")):
        under(
            lambda _: reply(),
            lambda url: open_loop(url, per_second=50, at_least_seconds=5, meanwhile=broken),
        )


def test_an_answer_that_tells_no_length_is_refused() -> None:
    async def story(url: str) -> Answers:
        connection = await connect(url)
        await connection.ask(request_to(url))
        return Answers()

    with pytest.raises(ValueError, match=r"without Content-Length: HTTP/1\.1 200"):
        under(lambda _: reply(length=False), story)


def test_an_answer_is_whole_once_its_last_byte_is_there() -> None:
    sent = reply(503, close=True)

    seen = [whole_reply(bytearray(sent[:size])) for size in range(len(sent) + 1)]

    assert seen[:-1] == [None] * len(sent)
    assert seen[-1] == Reply(status="503", release=RELEASE, closes=True)


def noted(*milliseconds: float) -> Answers:
    """One request a second, from 0 on."""
    answers = Answers()
    for due, each in enumerate(milliseconds):
        answers.note("200", due, due + each / 1000)
    return answers


def test_the_percentile_is_the_nearest_rank() -> None:
    answers = noted(*range(1, 101))

    assert answers.p95_ms() == pytest.approx(95)


def test_the_percentile_of_a_time_is_of_the_requests_that_were_due_in_it() -> None:
    answers = noted(1, 2, 300, 400, 5)

    assert answers.p95_ms(since=2, until=4) == pytest.approx(400)
    assert answers.p95_ms(until=2) == pytest.approx(2)


def test_failures_are_not_in_the_percentile() -> None:
    answers = noted(1, 2)

    answers.note("502", 2, 9)

    assert answers.p95_ms() == pytest.approx(2)


def test_a_time_without_answers_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="no request was answered"):
        noted(1).p95_ms(since=5)


def test_a_closed_loop_asks_until_its_action_has_ended() -> None:
    server, answers = under(
        lambda number: reply(close=number == 2),
        lambda url: closed_loop(url, connections=2, meanwhile=lambda: time.sleep(0.2)),
    )

    assert answers.kinds == {"200": answers.sent}
    assert server.connections == 3
