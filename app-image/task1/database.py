"""MySQL: a pool to the writer, a pool to the readers, TLS always, connections made when needed."""

import asyncio
import random
import ssl
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncmy
from asyncmy.errors import MySQLError

from task1.log import log
from task1.urls import DatabaseUrl

CONNECT_SECONDS = 2.0
QUERY_SECONDS = 2.0
"""Longest time of a statement; the guide's goal is 50 ms at the 95th percentile."""
LONGEST_WAIT_SECONDS = 1.0
"""A request waits no longer for a free connection, however long `pool_timeout` lets a job wait."""
LIFE_SECONDS = 300.0
"""A connection is replaced at this age (+-20 %): new readers and a moved writer are met."""
REFUSAL_SECONDS = 1.0
"""After a failed connect no other is tried for as long."""
GONE = frozenset({1040, 1045, 1053, 1129, 1290, 1836, 2003, 2006, 2013})
"""Codes that pass: full, rotated password, stopping, blocked, read-only after failover, lost."""

Row = tuple[Any, ...]
Parameters = Sequence[str | int | None]


class UnavailableError(Exception):
    """The database cannot be reached now; another attempt may work."""


class PoolExhaustedError(UnavailableError):
    """Every connection is busy."""


class SlowQueryError(Exception):
    """A statement took more than `QUERY_SECONDS` and was given up."""


class Cursor(Protocol):
    """What is used of asyncmy's cursor, which is not typed."""

    lastrowid: int

    async def execute(self, query: str, args: Parameters | None = None) -> int:
        """Run one statement."""
        ...

    async def fetchall(self) -> Sequence[Row]:
        """All rows."""
        ...

    async def close(self) -> None:
        """Read what is left."""
        ...


class Connection(Protocol):
    """What is used of asyncmy's connection, which is not typed."""

    def cursor(self) -> Cursor:
        """A cursor for one statement."""
        ...

    def close(self) -> None:
        """Close at once."""
        ...

    async def ensure_closed(self) -> None:
        """Say goodbye, then close."""
        ...


async def connect(url: DatabaseUrl, tls: ssl.SSLContext, *, name: str | None = None) -> Connection:
    """One connection as `url` says, to `name` or to no database at all."""
    async with asyncio.timeout(CONNECT_SECONDS):
        return await asyncmy.connect(  # pyright: ignore[reportUnknownMemberType]  # asyncmy's stub leaves parameters untyped
            host=url.host,
            port=url.port,
            user=url.user,
            password=url.password,
            database=name,
            charset="utf8mb4",
            autocommit=True,
            ssl=tls,
        )


async def run(connection: Connection, statement: str, parameters: Parameters = ()) -> list[Row]:
    """The rows of one statement."""
    cursor = connection.cursor()
    await cursor.execute(statement, tuple(parameters) or None)
    rows = list(await cursor.fetchall())
    await cursor.close()
    return rows


async def insert(connection: Connection, statement: str, parameters: Parameters) -> int:
    """The id that the statement's row was given."""
    cursor = connection.cursor()
    await cursor.execute(statement, tuple(parameters))
    await cursor.close()
    return cursor.lastrowid


class Pool:
    """Connections to one endpoint, at most as many as its URL says, none before the first use."""

    def __init__(self, url: DatabaseUrl, tls: ssl.SSLContext) -> None:
        self._url = url
        self._tls = tls
        self._slots = asyncio.Semaphore(url.connection_limit)
        self._idle: list[tuple[Connection, float]] = []
        self._refused_until = 0.0

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection, None]:
        """A connection for the block; any error in the block closes it, so none is used half read.

        Raises `UnavailableError` when the server is away, `PoolExhaustedError` when all are busy,
        `SlowQueryError` when the block takes too long.
        """
        await self._take_slot()
        try:
            held, expires = self._take_idle() or await self._open()
            try:
                async with asyncio.timeout(QUERY_SECONDS):
                    yield held
            except BaseException as error:
                held.close()
                known = self._known(error)
                if known is None:
                    raise
                raise known from error
            self._idle.append((held, expires))
        finally:
            self._slots.release()

    def close(self) -> None:
        """Close what is idle; what is in use closes as its block ends."""
        while self._idle:
            self._idle.pop()[0].close()

    async def _take_slot(self) -> None:
        wait = min(self._url.pool_timeout_seconds, LONGEST_WAIT_SECONDS)
        try:
            async with asyncio.timeout(wait):
                await self._slots.acquire()
        except TimeoutError as error:
            limit = self._url.connection_limit
            raise PoolExhaustedError(f"all {limit} connections busy for {wait} s") from error

    def _take_idle(self) -> tuple[Connection, float] | None:
        while self._idle:
            # The one used last, so that the pool shrinks to what the load needs.
            held, expires = self._idle.pop()
            # asyncmy's own pool asks this too; nothing public tells it without a round trip.
            broken = getattr(held, "_stream_broken", False)
            if time.monotonic() < expires and not broken:
                return held, expires
            held.close()
        return None

    async def _open(self) -> tuple[Connection, float]:
        if time.monotonic() < self._refused_until:
            raise UnavailableError(f"{self._url!r} refused less than {REFUSAL_SECONDS} s ago")
        try:
            held = await connect(self._url, self._tls, name=self._url.name)
        except (MySQLError, OSError, TimeoutError) as error:
            self._refused_until = time.monotonic() + REFUSAL_SECONDS
            log("database-away", endpoint=repr(self._url), error=repr(error))
            raise UnavailableError(f"no connection to {self._url!r}: {error!r}") from error
        life = LIFE_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311  # spreads reconnects; no secret
        return held, time.monotonic() + life

    def _known(self, error: BaseException) -> Exception | None:
        if isinstance(error, TimeoutError):
            return SlowQueryError(f"a statement took more than {QUERY_SECONDS} s")
        if isinstance(error, OSError) or (isinstance(error, MySQLError) and code_of(error) in GONE):
            # What took this connection took its neighbours too: a restart, a failover.
            self.close()
            return UnavailableError(f"lost {self._url!r}: {error!r}")
        return None


class Database:
    """The writer and the readers; the caller says how fresh the rows must be."""

    lag_ms = 2000

    async def watch_lag(self) -> None:
        await asyncio.Event().wait()

    def __init__(self, config, tls, metrics) -> None:
        writer, reader = config.writer, config.reader
        self.writer = Pool(writer, tls)
        self.reader = self.writer if reader == writer else Pool(reader, tls)
        self.seen = False
        """Whether the writer has answered once, with the schema in place."""

    async def read(
        self, statement: str, parameters: Parameters = (), *, fresh: bool = False
    ) -> list[Row]:
        """Rows from a reader, or from the writer when they must be `fresh`.

        A reader that is away, or a connection that died while idle, costs one more attempt, on
        the writer.
        """
        try:
            return await self._read(self.writer if fresh else self.reader, statement, parameters)
        except PoolExhaustedError:
            raise
        except UnavailableError:
            return await self._read(self.writer, statement, parameters)

    async def watch(self, statement: str) -> None:
        """Ask the writer until it has answered `statement` once."""
        pause = 0.25
        while not self.seen:
            try:
                await self._read(self.writer, statement, ())
            except (UnavailableError, SlowQueryError, MySQLError) as error:
                log("database-not-ready", error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            else:
                self.seen = True
                log("database-ready")

    def close(self) -> None:
        """Close what is idle in both pools."""
        self.writer.close()
        self.reader.close()

    async def _read(self, pool: Pool, statement: str, parameters: Parameters) -> list[Row]:
        async with pool.connection() as connection:
            return await run(connection, statement, parameters)


def code_of(error: MySQLError) -> int:
    """The server's or client's number for it; 0 where there is none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else 0
