"""Loads: an open loop that times and counts every answer, a closed loop that asks all it can."""

from __future__ import annotations

import asyncio
import itertools
import math
import ssl
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from tests.end_to_end.http_connection import Connection, Reply, connect, request_to

TIMEOUT_SECONDS = 8
RETRY_SECONDS = 0.1
AFTER_SECONDS = 2.0
"""How long an open loop goes on after what it goes along with."""
CONNECTIONS = 64
CLIENTS = 65_536
"""Addresses that requests come from, of RFC 2544's range for benchmarks: the API's limiter is on,
and none of them uses up its 100 requests in 15 minutes."""
_FIRST_CLIENT = IPv4Address("198.18.0.0")

FAULTS = (OSError, EOFError, TimeoutError)


@dataclass
class Answers:
    """What came back, by status or kind of failure, and how soon; times of the monotonic clock."""

    kinds: Counter[str] = field(default_factory=Counter[str])
    releases: Counter[str] = field(default_factory=Counter[str])
    """By the release that answered, errors of its own too; none for a balancer's own words."""
    sent: int = 0
    failed_at: list[float] = field(default_factory=list[float])
    """When each request of an open loop that failed was due."""
    due_at: array[float] = field(default_factory=lambda: array("d"))
    """When each request of an open loop that did not fail was due; beside `seconds`."""
    seconds: array[float] = field(default_factory=lambda: array("d"))
    """From when it was due: the wait for a free connection counts."""

    @property
    def failed_seconds(self) -> float:
        """From the first to the last request of an open loop that failed."""
        return max(self.failed_at) - min(self.failed_at) if self.failed_at else 0.0

    @property
    def failed(self) -> int:
        return sum(count for kind, count in self.kinds.items() if kind != "200")

    def p95_ms(self, since: float = -math.inf, until: float = math.inf) -> float:
        """The 95th percentile of the answers that did not fail, of requests due in that time.

        By nearest rank. Raises `ValueError` where there is none.
        """
        timed = zip(self.due_at, self.seconds, strict=True)
        there = sorted(seconds for due, seconds in timed if since <= due < until)
        if not there:
            raise ValueError("no request was answered in that time")
        return 1000 * there[math.ceil(0.95 * len(there)) - 1]

    def note(self, kind: str, due: float, now: float) -> None:
        """Count a request of an open loop that has ended."""
        self.kinds[kind] += 1
        if kind == "200":
            self.due_at.append(due)
            self.seconds.append(now - due)
        else:
            self.failed_at.append(due)


def requests_to(url: str) -> Iterator[bytes]:
    """GETs without end, each from another client than the ones before."""
    for number in itertools.cycle(range(1, CLIENTS + 1)):
        yield request_to(url, X_Forwarded_For=str(_FIRST_CLIENT + number))


async def open_loop(
    url: str,
    *,
    per_second: int,
    at_least_seconds: float,
    meanwhile: Callable[[], None],
    tls: ssl.SSLContext | None = None,
    connections: int = CONNECTIONS,
    requests: Iterator[bytes] | None = None,
) -> Answers:
    """Send GETs at a fixed rate until `meanwhile`, which runs in a thread, has ended, and longer.

    It starts with the first of them, and what it raises is raised. A request goes out on the
    connection that has been idle longest; it waits where none is. They are those of
    `requests_to(url)`, unless others are given.
    """
    answers = Answers()
    due_times: asyncio.Queue[float | None] = asyncio.Queue()
    if requests is None:
        requests = requests_to(url)

    async def act() -> None:
        began = time.monotonic()
        await asyncio.to_thread(meanwhile)
        left = began + at_least_seconds - time.monotonic()
        await asyncio.sleep(max(AFTER_SECONDS, left))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(connections):
            tasks.create_task(_ask_when_due(url, tls, requests, due_times, answers))
        acting = tasks.create_task(act())
        start = time.monotonic()
        while not acting.done():
            due = start + answers.sent / per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due_times.put_nowait(due)
            answers.sent += 1
        for _ in range(connections):
            due_times.put_nowait(None)
    return answers


async def _ask_when_due(
    url: str,
    tls: ssl.SSLContext | None,
    requests: Iterator[bytes],
    due_times: asyncio.Queue[float | None],
    answers: Answers,
) -> None:
    """One connection's requests; it is made anew after it was closed."""
    connection: Connection | None = None
    while (due := await due_times.get()) is not None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                if connection is None or connection.closed:
                    connection = await connect(url, tls)
                reply = await connection.ask(next(requests))
            kind = reply.status
            answers.releases[reply.release] += 1
            if reply.closes:
                connection.close()
        except FAULTS as problem:
            kind = type(problem).__name__
            if connection is not None:
                connection.close()
        answers.note(kind, due, time.monotonic())
    if connection is not None:
        connection.close()


async def closed_loop(url: str, *, connections: int, meanwhile: Callable[[], None]) -> Answers:
    """Ask again as soon as an answer is there, on each connection, until `meanwhile` has ended.

    `meanwhile` runs in a thread, and what it raises is raised.
    """
    answers = Answers()
    requests = requests_to(url)
    acting = asyncio.create_task(asyncio.to_thread(meanwhile))

    async def ask() -> None:
        while not acting.done():
            try:
                await _ask_on_one_connection(url, requests, answers, acting)
            except FAULTS as problem:
                answers.kinds[type(problem).__name__] += 1
                await asyncio.sleep(RETRY_SECONDS)

    await asyncio.gather(*(ask() for _ in range(connections)))
    await acting
    return answers


async def _ask_on_one_connection(
    url: str, requests: Iterator[bytes], answers: Answers, acting: asyncio.Task[None]
) -> None:
    """Count answers until `acting` is done or the server says that it closes the connection."""
    async with asyncio.timeout(TIMEOUT_SECONDS) as limit:
        connection = await connect(url)
        try:
            reply: Reply | None = None
            while not acting.done() and not (reply and reply.closes):
                limit.reschedule(asyncio.get_running_loop().time() + TIMEOUT_SECONDS)
                answers.sent += 1
                reply = await connection.ask(next(requests))
                answers.kinds[reply.status] += 1
        finally:
            connection.close()
