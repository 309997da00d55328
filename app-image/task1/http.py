"""The words of HTTP: requests, answers, refusals."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]
Kind = TypeVar("Kind")

BODY_BYTES = 128 * 1024
"""Largest body: 10 000 characters outside the basic plane take 120 000 bytes as JSON escapes."""
BODY_SECONDS = 10
"""A client that takes longer to send its body is cut off."""
KEPT_QUERIES, KEPT_LETTERS = 1_000, 200
CLOSE: Header = (b"connection", b"close")
NO_ROUTE = "*"
"""How metrics name every path that is none of ours, so that nobody can make up labels."""
READ_AFTER = b"x-read-after"
"""When a client has written last (Unix time in ms); sent back, it makes its reads know it."""
NO_HEADERS: tuple[Header, ...] = ()

_encoder = msgspec.json.Encoder()
_written = bytearray()
"""Stays as large as the largest value was: a page of 20 posts would outgrow a new one eight times,
which takes a miss 3 % of its CPU (measured)."""
_PLAIN = re.compile(r"[\w.~-]+=[\w.~-]*(?:&[\w.~-]+=[\w.~-]*)*", re.ASCII)
"""A query without an escape: parse_qsl takes twice as long for it (measured)."""
_queries: dict[tuple[type, bytes], Any] = {}
"""What was parsed before, since most requests ask the same: 15 us less for each of them."""


class Answer(msgspec.Struct, frozen=True):
    """Status, JSON body and what headers go beyond those of every answer."""

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = NO_HEADERS
    content_type: bytes = b"application/json"
    stream: AsyncGenerator[bytes, None] | None = None
    """What follows the body, for as long as it comes."""


class RefusedError(Exception):
    """A request that gets `status` and a JSON error instead of what it asked for."""

    def __init__(self, status: int, message: str, headers: tuple[Header, ...] = ()) -> None:
        super().__init__(message)
        self.answer = error(status, message, headers)


class Request:
    """One request as a handler sees it."""

    __slots__ = (
        "_query",
        "_receive",
        "client",
        "headers",
        "id",
        "limit",
        "method",
        "parameter",
        "path",
        "peer",
        "route",
        "trace_id",
        "user_id",
    )

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        raw: list[Header] = scope["headers"]
        headers = dict(raw)
        self.headers: dict[bytes, bytes] = headers if len(headers) == len(raw) else _joined(raw)
        """By lower-case name; lines of one name are joined by commas."""
        client: tuple[str, int] | None = scope.get("client")
        self.peer = client[0] if client else ""
        self.route = NO_ROUTE
        """The template of its path."""
        self.parameter = ""
        """The last segment of the path, where the route has a parameter there."""
        self.user_id: int | None = None
        """Whose access token it carries."""
        self.limit: tuple[Header, ...] = NO_HEADERS
        """What the limiter says of the client, for every answer."""
        self.client = b""
        """As whom the limiter counts it."""
        self.id = ""
        self.trace_id = ""
        self._query: bytes = scope["query_string"]
        self._receive = receive

    def query(self, kind: type[Kind]) -> Kind:
        """The query as that struct. Raises `RefusedError` 400 for names that it does not know.

        Else `?x=1`, `?x=2` ... would fill the cache.
        """
        key = (kind, self._query)
        known = _queries.get(key)
        if known is None:
            known = _parsed(self._query, kind)
            # A long one is nobody's usual question, and a thousand of them take memory.
            if len(self._query) <= KEPT_LETTERS:
                if len(_queries) >= KEPT_QUERIES:
                    _queries.clear()
                _queries[key] = known
        return known

    async def body(self, decoder: msgspec.json.Decoder[Kind]) -> Kind:
        """The body as what `decoder` makes. Raises `RefusedError`: 400, 408, 413, 415, 422."""
        self._check_kind()
        try:
            return decoder.decode(await self._read())
        except msgspec.ValidationError as cause:
            raise RefusedError(422, str(cause)) from cause
        except (msgspec.DecodeError, UnicodeError) as cause:
            raise RefusedError(400, "the body is no JSON in UTF-8") from cause

    def wrote_within(self, milliseconds: int) -> bool:
        """Whether the client tells that it has written so lately."""
        told = self.headers.get(READ_AFTER)
        if told is None or not told.isdigit():
            return False
        # Another pod's clock may be ahead of this one's.
        return abs(time.time() * 1000 - int(told[:15])) < milliseconds

    async def left(self) -> None:
        """Wait until the client has gone."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def accepts_gzip(self) -> bool:
        """Whether the client says that it takes gzip."""
        accepted = self.headers.get(b"accept-encoding", b"")
        if b"gzip" not in accepted:
            return False
        return b";" not in accepted or b"gzip;q=0" not in accepted.replace(b" ", b"")

    def _check_kind(self) -> None:
        coding = self.headers.get(b"content-encoding", b"identity")
        if coding.lower() != b"identity":
            # A few bytes could become gigabytes.
            raise RefusedError(415, "a body comes as it is, without Content-Encoding", (CLOSE,))
        kind = self.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind != b"application/json":
            raise RefusedError(415, "send Content-Type: application/json", (CLOSE,))

    async def _read(self) -> bytes:
        length = self.headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > BODY_BYTES:
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
            raise RefusedError(408, slow, (CLOSE,)) from cause


def _parsed(query: bytes, kind: type[Kind]) -> Kind:
    try:
        text = query.decode("ascii")
        if _PLAIN.fullmatch(text):
            pairs = [pair.split("=") for pair in text.split("&")]
        else:
            # An empty text has no pairs, but not for a strict parser.
            pairs = parse_qsl(
                text, keep_blank_values=True, strict_parsing=bool(text), errors="strict"
            )
    except ValueError as cause:
        raise RefusedError(400, "the query is not UTF-8, percent-encoded") from cause
    values = dict(pairs)
    if len(values) < len(pairs):
        raise RefusedError(400, "query: each name at most once")
    try:
        # Not strict: a query's numbers are text.
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as cause:
        raise RefusedError(400, f"query: {cause}") from cause


def always(release: str) -> tuple[Header, ...]:
    """Headers of every answer.

    What is answered is JSON, so a browser is told to run nothing of it; the site has a policy of
    its own. The scaling guide's 'unsafe-inline' would end the protection that it is there for.
    """
    return (
        (b"cache-control", b"no-store"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"cross-origin-resource-policy", b"same-site"),
        (b"referrer-policy", b"no-referrer"),
        (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"x-release", release.encode()),
    )


def encode(value: object) -> bytes:
    """The value as JSON. For one thread: who asks next writes to the same memory."""
    _encoder.encode_into(value, _written)
    return bytes(_written)


def error(status: int, message: str, headers: tuple[Header, ...] = ()) -> Answer:
    """A JSON error."""
    return Answer(status, encode({"error": message}), headers)


def _joined(raw: list[Header]) -> dict[bytes, bytes]:
    joined: dict[bytes, bytes] = {}
    for name, value in raw:
        joined[name] = joined[name] + b"," + value if name in joined else value
    return joined


def _too_large() -> RefusedError:
    # What is left of the body stays unread, so the connection cannot be used again.
    return RefusedError(413, f"a body has at most {BODY_BYTES} bytes", (CLOSE,))
