"""A connection that is kept alive and asked again and again, at little cost to whoever asks."""

from __future__ import annotations

import asyncio
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit


class Reply(NamedTuple):
    """What a load counts of an answer."""

    status: str
    release: str
    """The answer's `X-Release`; empty where it has none."""
    closes: bool
    """The server will take no other request on this connection."""


class Connection(asyncio.Protocol):
    """One connection, one request at a time.

    No client library: one takes more of a machine than the API that it asks.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: asyncio.Future[Reply] | None = None
        self.closed = False
        """Either side has ended it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._waiting is None or self._waiting.done():
            return
        try:
            reply = whole_reply(self._received)
        except ValueError as problem:
            self._waiting.set_exception(problem)
            return
        if reply is not None:
            self._received.clear()
            self._waiting.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or EOFError("closed before the answer"))

    async def ask(self, request: bytes) -> Reply:
        """Send a request, wait for its whole answer.

        Raises `OSError` or `EOFError` when the connection ends before it, `ValueError` for an
        answer whose length is not told.
        """
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """End it at once."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()


async def connect(url: str, tls: ssl.SSLContext | None = None) -> Connection:
    """A connection to the URL's host; TLS where the URL says so."""
    where = urlsplit(url)
    secure = where.scheme == "https"
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection,
        where.hostname or "",
        where.port or (443 if secure else 80),
        ssl=(tls or True) if secure else None,
    )
    return connection


def request_to(url: str, **headers: str) -> bytes:
    """A GET of the URL; an underscore in a header's name stands for a hyphen."""
    where = urlsplit(url)
    path = f"{where.path or '/'}?{where.query}" if where.query else where.path or "/"
    lines = [f"GET {path} HTTP/1.1", f"Host: {where.netloc}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def whole_reply(received: bytearray) -> Reply | None:
    """The answer, once all of it is there."""
    head, ended, body = received.partition(b"\r\n\r\n")
    if not ended:
        return None
    lines = bytes(head).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (li.partition(":") for li in lines[1:])
    }
    if "content-length" not in headers:
        raise ValueError(f"an answer without Content-Length: {lines[0]}")
    if len(body) < int(headers["content-length"]):
        return None
    return Reply(
        status=lines[0].split(" ", 2)[1],
        release=headers.get("x-release", ""),
        closes=headers.get("connection", "").lower() == "close",
    )
