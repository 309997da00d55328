"""Loads: an open loop that counts every answer, a closed loop that costs the sender little."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

TIMEOUT_SECONDS = 8
RETRY_SECONDS = 0.1
AFTER_SECONDS = 2.0
"""How long an open loop goes on after what it goes along with."""


@dataclass
class Answers:
    """What came back: statuses or kinds of failure, and each success' release."""

    kinds: Counter[str] = field(default_factory=Counter[str])
    releases: Counter[str] = field(default_factory=Counter[str])
    sent: int = 0
    failed_at: list[float] = field(default_factory=list[float])
    """When each request of an open loop that failed was sent, on the monotonic clock."""

    @property
    def failed_seconds(self) -> float:
        """From the first to the last request of an open loop that failed."""
        return max(self.failed_at) - min(self.failed_at) if self.failed_at else 0.0

    @property
    def failed(self) -> int:
        return sum(count for kind, count in self.kinds.items() if kind != "200")


async def open_loop(
    url: str,
    *,
    per_second: int,
    at_least_seconds: float,
    meanwhile: Callable[[], None],
    tls: ssl.SSLContext | None = None,
) -> Answers:
    """Send GETs at a fixed rate until `meanwhile`, which runs in a thread, has ended, and longer.

    It starts with the first of them, and what it raises is raised.
    """
    answers = Answers()
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)

    async def act() -> None:
        began = time.monotonic()
        await asyncio.to_thread(meanwhile)
        left = began + at_least_seconds - time.monotonic()
        await asyncio.sleep(max(AFTER_SECONDS, left))

    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:

        async def one() -> None:
            began = time.monotonic()
            try:
                async with session.get(url, ssl=tls or True) as response:
                    await response.read()
                    kind = str(response.status)
                    answers.releases[response.headers.get("X-Release", "")] += 1
            except (aiohttp.ClientError, TimeoutError) as problem:
                kind = type(problem).__name__
            answers.kinds[kind] += 1
            if kind != "200":
                answers.failed_at.append(began)

        start = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            acting = tasks.create_task(act())
            while not acting.done():
                tasks.create_task(one())
                answers.sent += 1
                due = start + answers.sent / per_second
                await asyncio.sleep(max(0.0, due - time.monotonic()))
    return answers


async def closed_loop(url: str, *, connections: int, meanwhile: Callable[[], None]) -> Answers:
    """Ask again as soon as an answer is there, on each connection, until `meanwhile` has ended.

    Bare streams: a full client would take more of the machine than the API it asks. `meanwhile`
    runs in a thread, and what it raises is raised.
    """
    answers = Answers()
    acting = asyncio.create_task(asyncio.to_thread(meanwhile))

    async def ask() -> None:
        while not acting.done():
            try:
                await _ask_on_one_connection(url, answers, acting)
            except (OSError, EOFError, TimeoutError) as problem:
                answers.kinds[type(problem).__name__] += 1
                await asyncio.sleep(RETRY_SECONDS)

    await asyncio.gather(*(ask() for _ in range(connections)))
    await acting
    return answers


async def _ask_on_one_connection(url: str, answers: Answers, acting: asyncio.Task[None]) -> None:
    """Count answers until `acting` is done or the server says that it closes the connection."""
    where = urlsplit(url)
    request = f"GET {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode()
    async with asyncio.timeout(TIMEOUT_SECONDS) as limit:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        try:
            closes = False
            while not closes and not acting.done():
                limit.reschedule(asyncio.get_running_loop().time() + TIMEOUT_SECONDS)
                writer.write(request)
                answers.sent += 1
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                answers.kinds[head.split(b" ", 2)[1].decode()] += 1
                closes = b"\r\nconnection: close" in head
        finally:
            writer.close()
