"""The words of HTTP: requests, answers, refusals."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

BODY_BYTES = 128 * 1024
"""Largest body: 10 000 characters outside the basic plane take 120 000 bytes as JSON escapes."""
BODY_SECONDS = 10
"""A client that takes longer to send its body is cut off."""

_encoder = msgspec.json.Encoder()


class Answer(msgspec.Struct, frozen=True):
    """Status, JSON body and what headers go beyond those of every answer."""

    status: int
    body: bytes
    headers: tuple[Header, ...] = ()


class RefusedError(Exception):
    """A request that gets `status` and a JSON error instead of what it asked for."""

    def __init__(self, status: int, message: str, headers: tuple[Header, ...] = ()) -> None:
        super().__init__(message)
        self.answer = error(status, message, headers)


class Request:
    """One request as a handler sees it."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._query: bytes = scope["query_string"]
        self._headers: Iterable[Header] = scope["headers"]
        self._receive = receive

    def query(self, *known: str) -> dict[str, str]:
        """The query's values; refuses names that are not `known`, else `?x=1` fills the cache."""
        try:
            pairs = parse_qsl(self._query.decode("ascii"), keep_blank_values=True, errors="strict")
        except ValueError as cause:
            raise RefusedError(400, "the query is not UTF-8, percent-encoded") from cause
        values = dict(pairs)
        unknown = sorted(values.keys() - set(known))
        if unknown or len(values) < len(pairs):
            allowed = ", ".join(known) or "none"
            raise RefusedError(400, f"query: each name at most once, of these: {allowed}")
        return values

    async def body(self) -> bytes:
        """The whole body; refuses one of more than `BODY_BYTES` before reading it where it can."""
        for name, value in self._headers:
            if name == b"content-length" and int(value) > BODY_BYTES:
                raise _too_large()
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        raise RefusedError(400, "the body ended early")
                    chunk: bytes = message.get("body", b"")
                    size += len(chunk)
                    if size > BODY_BYTES:
                        raise _too_large()
                    chunks.append(chunk)
                    if not message.get("more_body"):
                        return b"".join(chunks)
        except TimeoutError as cause:
            slow = f"the body took more than {BODY_SECONDS} s"
            raise RefusedError(408, slow, ((b"connection", b"close"),)) from cause


def encode(value: object) -> bytes:
    """The value as JSON."""
    return _encoder.encode(value)


def error(status: int, message: str, headers: tuple[Header, ...] = ()) -> Answer:
    """A JSON error."""
    return Answer(status, encode({"error": message}), headers)


def _too_large() -> RefusedError:
    # What is left of the body stays unread, so the connection cannot be used again.
    return RefusedError(413, f"a body has at most {BODY_BYTES} bytes", ((b"connection", b"close"),))
