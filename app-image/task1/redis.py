"""Redis over TLS: all commands pipelined on one connection; none waits for a Redis that is away."""

import asyncio
import hashlib
import random
import ssl
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import hiredis

from task1.log import log
from task1.urls import RedisUrl

COMMAND_SECONDS = 0.1
CONNECT_SECONDS = 1.0
RETRY_SECONDS = 1.0
"""Pause between attempts to connect (+-20 %)."""
TIMEOUTS_TO_BREAK = 3
"""So many late replies in a row end the connection: a frozen server must not cost every request."""
QUEUE_COMMANDS = 2000
"""More unanswered commands than this are refused."""

Reply = bytes | int | None | list["Reply"]


class RedisAwayError(Exception):
    """The command may or may not have run; the caller goes on without the cache."""


class Script:
    """A Lua script and the name under which the server caches it."""

    def __init__(self, text: str) -> None:
        self.text = text.encode()
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()


def packed(*words: bytes) -> bytes:
    """A command as it is sent."""
    return bytes(hiredis.pack_command(words))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportArgumentType]  # the stub takes one word and gives nothing


class _Waiter(NamedTuple):
    """Who waits for the reply of a command, and until when on the loop's clock."""

    reply: asyncio.Future[Reply]
    due: float


class _Connection(asyncio.Protocol):
    """One connection; replies go to waiters in the order of their commands."""

    def __init__(self, lost: asyncio.Event) -> None:
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._waiting: deque[_Waiter] = deque()
        self._outgoing: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._late = 0

    def write_to(self, transport: asyncio.Transport) -> None:
        """Say where commands go.

        Not by `connection_made`: uvloop's TLS transport is an `asyncio.Transport` in shape only.
        """
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            # hiredis says "not yet" by False.
            while (reply := self._reader.gets()) is not False:
                self._answer(reply)
        except (hiredis.ProtocolError, IndexError):
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        while self._waiting:
            reply = self._waiting.popleft().reply
            if not reply.done():
                reply.set_exception(RedisAwayError(f"connection lost: {exc!r}"))
        if self._timer is not None:
            self._timer.cancel()
        self._lost.set()

    def close(self) -> None:
        """Drop the connection; whoever waits learns it by `connection_lost`."""
        if self._transport is not None:
            self._transport.abort()

    def send(self, *words: bytes, seconds: float) -> asyncio.Future[Reply]:
        """The reply of one command; it raises `RedisAwayError` when none comes in time.

        No coroutine: each one between a request and its reply costs the request a microsecond.
        """
        if self._transport is None or self._lost.is_set():
            raise RedisAwayError("the connection is lost")
        if len(self._waiting) >= QUEUE_COMMANDS:
            raise RedisAwayError("too many commands wait for a reply")
        reply: asyncio.Future[Reply] = self._loop.create_future()
        # One that timed out keeps its place, so that later replies do not shift.
        self._waiting.append(_Waiter(reply, self._loop.time() + seconds))
        if not self._outgoing:
            self._loop.call_soon(self._flush)
        self._outgoing.append(packed(*words))
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._expire)
        return reply

    def _flush(self) -> None:
        """Send what one turn of the loop has asked: one TLS record and one call, not one each."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def _answer(self, reply: object) -> None:
        waiting = self._waiting.popleft().reply
        self._late = 0
        if waiting.done():
            return
        if isinstance(reply, hiredis.ReplyError):
            waiting.set_exception(reply)
        else:
            waiting.set_result(reply)  # pyright: ignore[reportArgumentType]  # hiredis gives Any

    def _expire(self) -> None:
        """Give up the replies that are due, and look again when the next one is."""
        self._timer = None
        now = self._loop.time()
        for waiter in self._waiting:
            if waiter.due > now:
                self._timer = self._loop.call_at(waiter.due, self._expire)
                break
            if not waiter.reply.done():
                waiter.reply.set_exception(RedisAwayError("no reply in time"))
                self._late += 1
        if self._late >= TIMEOUTS_TO_BREAK:
            self.close()


class Redis:
    """The connection kept up in the background; commands fail at once while there is none."""

    def __init__(self, url: RedisUrl, tls: ssl.SSLContext) -> None:
        self._url = url
        self._tls = tls
        self._connection: _Connection | None = None

    @property
    def up(self) -> bool:
        """Whether commands are sent at present."""
        return self._connection is not None

    async def keep_connected(self) -> None:
        """Connect, and connect again when the connection is lost, until cancelled."""
        told = False
        while True:
            lost = asyncio.Event()
            try:
                connection = await self._connect(lost)
            except (OSError, TimeoutError, RedisAwayError, hiredis.HiredisError) as error:
                if not told:
                    log("redis-away", endpoint=repr(self._url), error=repr(error))
                told = True
            else:
                self._connection, told = connection, False
                log("redis-connected", endpoint=repr(self._url))
                try:
                    await lost.wait()
                finally:
                    self._connection = None
                    connection.close()
                log("redis-lost", endpoint=repr(self._url))
            await asyncio.sleep(RETRY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311  # spreads reconnects; no secret

    async def run(self, script: Script, keys: Sequence[bytes], *arguments: bytes) -> Reply:
        """The script's reply, by its name where the server knows it, else by its text."""
        words = (b"%d" % len(keys), *keys, *arguments)
        try:
            return await self._send(b"EVALSHA", script.sha, *words)
        except hiredis.ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise self._refused(error) from error
        try:
            return await self._send(b"EVAL", script.text, *words)
        except hiredis.ReplyError as error:
            raise self._refused(error) from error

    def _send(self, *words: bytes) -> asyncio.Future[Reply]:
        if self._connection is None:
            raise RedisAwayError("not connected")
        return self._connection.send(*words, seconds=COMMAND_SECONDS)

    def _refused(self, error: hiredis.ReplyError) -> RedisAwayError:
        log("redis-refused", error=str(error))
        # After a failover the old primary is a replica: connect again to find the new one.
        if str(error).startswith(("READONLY", "MASTERDOWN", "UNBLOCKED")) and self._connection:
            self._connection.close()
        return RedisAwayError(str(error))

    async def _connect(self, lost: asyncio.Event) -> _Connection:
        loop = asyncio.get_running_loop()
        url = self._url
        async with asyncio.timeout(CONNECT_SECONDS):
            transport, connection = await loop.create_connection(
                lambda: _Connection(lost),
                url.host,
                url.port,
                ssl=self._tls,
                server_hostname=url.host,
            )
        connection.write_to(transport)
        try:
            user, password = url.user.encode(), url.password.encode()
            await connection.send(b"AUTH", user, password, seconds=CONNECT_SECONDS)
            if url.database:
                select = str(url.database).encode()
                await connection.send(b"SELECT", select, seconds=CONNECT_SECONDS)
        except BaseException:
            connection.close()
            raise
        return connection
