"""The environment as values: every variable read once, every problem in one message."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

BAD_CONFIGURATION = 78
"""Exit code EX_CONFIG of sysexits.h."""
DATABASE_FORM = "mysql://user:password@host:3306/name?connection_limit=20&pool_timeout=60"
REDIS_FORM = "rediss://user:password@host:6379/0"

Value = TypeVar("Value")


class InvalidEnvironmentError(ValueError):
    """What is wrong with the environment, one line a variable."""

    def __init__(self, problems: list[str]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"bad environment, {len(problems)} to correct:\n{lines}")


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


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All that `python -m task1` takes from outside."""

    host: str
    port: int
    writer: DatabaseUrl
    reader: DatabaseUrl
    redis: RedisUrl
    release: str
    """Digest of the running image, told in every answer."""
    drain_seconds: int
    """Longest time from SIGTERM to the end of the process."""


class Environment:
    """Reads variables and keeps what is wrong with them."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def read(self, name: str, parse: Callable[[str], Value]) -> Value | None:
        """The parsed variable; none after noting why there is no value."""
        if not self._variables.get(name):
            self.problems.append(f"{name}: not set")
            return None
        return self.read_or(name, parse, None)

    def read_or(
        self, name: str, parse: Callable[[str], Value], otherwise: Value | None
    ) -> Value | None:
        """The parsed variable, or `otherwise` when it is not set or empty."""
        text = self._variables.get(name)
        if not text:
            return otherwise
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return None


def read_config(variables: Mapping[str, str]) -> Config:
    """The server's configuration; raises `InvalidEnvironmentError` that names every problem."""
    environment = Environment(variables)
    host = environment.read("HOST", str)
    port = environment.read("PORT", whole_number(1, 65535))
    primary = environment.read("DATABASE_URL", database_url)
    writer = environment.read_or("DATABASE_WRITE_URL", database_url, primary)
    reader = environment.read_or("DATABASE_READ_REPLICA_URL", database_url, primary)
    redis = environment.read("REDIS_URL", redis_url)
    release = environment.read("RELEASE_DIGEST", image_digest)
    drain_seconds = environment.read("DRAIN_SECONDS", whole_number(1, 300))
    environment.read_or("SSL_CERT_FILE", existing_file, None)
    if (
        environment.problems
        or host is None
        or port is None
        or writer is None
        or reader is None
        or redis is None
        or release is None
        or drain_seconds is None
    ):
        raise InvalidEnvironmentError(environment.problems)
    return Config(
        host=host,
        port=port,
        writer=writer,
        reader=reader,
        redis=redis,
        release=release,
        drain_seconds=drain_seconds,
    )


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A parser of numbers from `lowest` to `highest`."""

    def parse(text: str) -> int:
        # int() alone would take "1_0", "+5" and other scripts' digits.
        if not re.fullmatch(r"[0-9]{1,9}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"{text!r} is no whole number from {lowest} to {highest}")
        return int(text)

    return parse


def image_digest(text: str) -> str:
    """An image's digest as a registry writes it."""
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise ValueError(f"{text!r} is no digest; write sha256: and 64 hexadecimal digits")
    return text


def existing_file(text: str) -> Path:
    """A file that is there: OpenSSL, for one, would silently trust nobody without it."""
    if not Path(text).is_file():
        raise ValueError(f"no file at {text!r}")
    return Path(text)


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
