"""`GET /api/events`: what changes, as it does, to whoever listens (server-sent events).

Every pod hears of every write by Redis's pub/sub. Nothing is kept: who was away, or whose pod lost
Redis for a while, is told to read anew.
"""

import asyncio
import random
import ssl
from collections.abc import AsyncGenerator, Sequence

import hiredis

from task1.cache import CHANNEL
from task1.http import Answer, RefusedError, Request
from task1.log import log
from task1.metrics import Metrics
from task1.redis import CONNECT_SECONDS, RETRY_SECONDS, packed
from task1.routes import Route
from task1.urls import RedisUrl

PATH = "/api/events"
HEARTBEAT_SECONDS = 15.0
"""A comment after so long without an event; the load balancer ends what is silent for 50 s, and
CloudFront waits 30 s for an origin."""
MOST_STREAMS = 200
"""Open at once in a process, of the 512 requests that it takes on."""
WAITING_EVENTS = 100
"""A client that is further behind is cut off; it comes back and reads anew."""
SILENCE_SECONDS = 5.0
"""Redis is asked for a sign of life after so long, and left after as long without one: a server
that vanished with its node would never be missed."""
BEGIN = b"retry: 2000\n\n"
READ_ANEW = b"event: resync\ndata: {}\n\n"
HEARTBEAT = b": still here\n\n"

_Queue = asyncio.Queue[bytes | None]


class Events:
    """Streams of one process."""

    def __init__(
        self, url: RedisUrl, tls: ssl.SSLContext, metrics: Metrics, draining: asyncio.Event
    ) -> None:
        self._url = url
        self._tls = tls
        self._open = metrics.streams
        self._draining = draining
        self._queues: set[_Queue] = set()

    def routes(self) -> Sequence[Route]:
        """All that is answered here."""
        return (
            Route(
                method="GET",
                path=PATH,
                summary="Changes of posts as server-sent events",
                handler=self.stream,
                answers={200: None},
                media_type="text/event-stream",
            ),
        )

    async def stream(self, request: Request) -> Answer:
        """GET /api/events: until the client leaves, is too slow, or the process drains."""
        if len(self._queues) >= MOST_STREAMS:
            raise RefusedError(503, "too many listen here; try again", ((b"retry-after", b"2"),))
        if request.method == "HEAD":
            return Answer(200, content_type=b"text/event-stream")
        # No compression and no buffering by proxies in between.
        headers = ((b"x-accel-buffering", b"no"),)
        parts = self._parts(request)
        return Answer(200, BEGIN, headers, b"text/event-stream", parts)

    async def end_when_draining(self) -> None:
        """End every stream as soon as the process drains, else the drain would wait for them."""
        await self._draining.wait()
        for queue in self._queues:
            _end(queue)

    async def listen(self) -> None:
        """Hand on what Redis tells, and connect again when it is lost, until cancelled."""
        while True:
            try:
                await self._hear()
            except (OSError, TimeoutError, EOFError, hiredis.HiredisError) as error:
                log("events-away", endpoint=repr(self._url), error=repr(error))
            await asyncio.sleep(RETRY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311  # spreads reconnects; no secret

    async def _parts(self, request: Request) -> AsyncGenerator[bytes, None]:
        queue: _Queue = asyncio.Queue(WAITING_EVENTS)
        leaving = asyncio.create_task(request.left())
        leaving.add_done_callback(lambda _: _end(queue))
        self._queues.add(queue)
        self._open.set(len(self._queues))
        try:
            while not self._draining.is_set():
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        part = await queue.get()
                except TimeoutError:
                    part = HEARTBEAT
                if part is None:
                    return
                yield part
        finally:
            leaving.cancel()
            self._queues.discard(queue)
            self._open.set(len(self._queues))

    async def _hear(self) -> None:
        url = self._url
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(
                url.host, url.port, ssl=self._tls, server_hostname=url.host
            )
        try:
            writer.write(packed(b"AUTH", url.user.encode(), url.password.encode()))
            writer.write(packed(b"SUBSCRIBE", CHANNEL))
            replies = hiredis.Reader()
            while chunk := await _heard(reader, writer):
                replies.feed(chunk)
                while (reply := replies.gets()) is not False:
                    self._hand_on(reply)
            raise EOFError("the connection ended")
        finally:
            writer.close()

    def _hand_on(self, reply: object) -> None:
        if isinstance(reply, hiredis.ReplyError):
            raise reply
        match reply:
            case [b"subscribe", bytes(), int()]:
                self._tell(READ_ANEW)
            case [b"message", bytes(), bytes() as message]:
                self._tell(b"event: change\ndata: " + message + b"\n\n")
            case _:
                return

    def _tell(self, part: bytes) -> None:
        for queue in self._queues:
            if queue.full():
                _end(queue)
            else:
                queue.put_nowait(part)


def _end(queue: _Queue) -> None:
    """Nothing that waits is worth sending any more."""
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(None)


async def _heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """What comes next; nothing at the end. Raises `TimeoutError`."""
    try:
        async with asyncio.timeout(SILENCE_SECONDS):
            return await reader.read(65_536)
    except TimeoutError:
        writer.write(packed(b"PING"))
    async with asyncio.timeout(SILENCE_SECONDS):
        return await reader.read(65_536)
