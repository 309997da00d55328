"""Loads: an open loop that counts every answer, a closed loop that costs the sender little."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

TIMEOUT_SECONDS = 8


@dataclass
class Answers:
    """What came back: statuses or kinds of failure, and each success' release."""

    kinds: Counter[str] = field(default_factory=Counter[str])
    releases: Counter[str] = field(default_factory=Counter[str])

    @property
    def failed(self) -> int:
        return sum(count for kind, count in self.kinds.items() if kind != "200")


async def open_loop(
    url: str,
    *,
    per_second: int,
    seconds: float,
    meanwhile: Callable[[], Awaitable[object]] | None = None,
) -> Answers:
    """Send GETs at a fixed rate; `meanwhile` starts with the first of them and is awaited."""
    answers = Answers()
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:

        async def one() -> None:
            try:
                async with session.get(url) as response:
                    await response.read()
                    answers.kinds[str(response.status)] += 1
                    answers.releases[response.headers.get("X-Release", "")] += 1
            except (aiohttp.ClientError, TimeoutError) as problem:
                answers.kinds[type(problem).__name__] += 1

        start = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            if meanwhile is not None:
                tasks.create_task(_awaited(meanwhile))
            for number in range(int(per_second * seconds)):
                await asyncio.sleep(max(0.0, start + number / per_second - time.monotonic()))
                tasks.create_task(one())
    return answers


async def _awaited(what: Callable[[], Awaitable[object]]) -> None:
    await what()


async def closed_loop(url: str, *, connections: int, seconds: float) -> int:
    """Ask again as soon as an answer is there, on each connection; the number of answers.

    Bare streams: a full client would take more of the machine than the API it asks.
    """
    where = urlsplit(url)
    request = f"GET {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode()
    deadline = time.monotonic() + seconds

    async def ask() -> int:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        answers = 0
        while time.monotonic() < deadline:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
            answers += head.startswith(b"http/1.1 200")
        writer.close()
        await writer.wait_closed()
        return answers

    return sum(await asyncio.gather(*(ask() for _ in range(connections))))
