"""Connection URLs as the scaling guide writes them, read and checked."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

DATABASE_FORM = "mysql://user:password@host:3306/name?connection_limit=20&pool_timeout=60"
REDIS_FORM = "rediss://user:password@host:6379/0"


class DatabaseUrl(msgspec.Struct, frozen=True, kw_only=True):
    """One MySQL endpoint and how many connections a process may hold to it."""

    host: str
    port: int
    user: str
    password: str
    name: str
    connection_limit: int
    """Connections at most, opened when needed (the scaling guide's 20)."""
    pool_timeout_seconds: int
    """How long the caller may wait for a free connection."""
    file: Path | None = None
    """Where it was read from; read again when the database refuses the password."""

    def __repr__(self) -> str:
        return f"mysql://{self.user}:***@{self.host}:{self.port}/{self.name}"


class RedisUrl(msgspec.Struct, frozen=True, kw_only=True):
    """One Redis endpoint, spoken to over TLS as an ACL user."""

    host: str
    port: int
    user: str
    password: str
    database: int

    def __repr__(self) -> str:
        return f"rediss://{self.user}:***@{self.host}:{self.port}/{self.database}"


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A parser of numbers from `lowest` to `highest`."""

    def parse(text: str) -> int:
        # int() alone would take "1_0", "+5" and other scripts' digits.
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"{text!r} is no whole number from {lowest} to {highest}")
        return int(text)

    return parse


def database_url(text: str) -> DatabaseUrl:
    """A MySQL URL as Prisma writes it; user and password percent-encoded."""
    url = _split(text, "mysql", DATABASE_FORM)
    name = unquote(url.path.removeprefix("/"))
    if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", name):
        raise ValueError(f"database name {name!r}; 1 to 64 letters, digits, underscores")
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    limit = _option(options, "connection_limit", whole_number(1, 1000), 20)
    wait = _option(options, "pool_timeout", whole_number(1, 3600), 60)
    if options:
        unknown = ", ".join(sorted(options))
        raise ValueError(f"unknown option {unknown}; connection_limit and pool_timeout are known")
    return DatabaseUrl(
        host=url.hostname or "",
        port=url.port or 3306,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        name=name,
        connection_limit=limit,
        pool_timeout_seconds=wait,
    )


def redis_url(text: str) -> RedisUrl:
    """A Redis URL with TLS; user and password percent-encoded."""
    url = _split(text, "rediss", REDIS_FORM)
    database = whole_number(0, 15)(url.path.removeprefix("/") or "0")
    return RedisUrl(
        host=url.hostname or "",
        port=url.port or 6379,
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        database=database,
    )


def _option(options: dict[str, str], name: str, parse: Callable[[str], int], default: int) -> int:
    """Take one option out; what is left over is unknown."""
    given = options.pop(name, None)
    return default if given is None else parse(given)


def _split(text: str, scheme: str, form: str) -> SplitResult:
    """The URL's parts, all there. No message repeats the text: it holds a password."""
    try:
        url = urlsplit(text)
        complete = bool(url.username and url.password and url.hostname) and url.port != 0
    except ValueError:
        complete, url = False, SplitResult("", "", "", "", "")
    if url.scheme != scheme or not complete:
        raise ValueError(f"no URL of the form {form}, user and password percent-encoded")
    return url
