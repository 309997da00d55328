"""MySQL: a pool to the writer, a pool to the readers; who reads says how fresh the rows must be."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

from asyncmy.errors import MySQLError

from task1.config import Config
from task1.lag import LagGuard
from task1.log import log
from task1.logins import IamLogin, Login, PasswordLogin
from task1.metrics import Metrics
from task1.mysql import (
    DEADLOCK,
    Connection,
    Parameters,
    PoolExhaustedError,
    Row,
    SlowQueryError,
    UnavailableError,
    code_of,
    insert,
    run,
)
from task1.pool import LONGEST_WAIT_SECONDS, Pool, Slots
from task1.urls import DatabaseUrl

__all__ = [
    "Connection",
    "Database",
    "Parameters",
    "PoolExhaustedError",
    "Row",
    "SlowQueryError",
    "UnavailableError",
    "code_of",
    "insert",
    "run",
]

Result = TypeVar("Result")


class Database:
    """The writer and the readers. Made inside the running event loop."""

    def __init__(self, config: Config, tls: ssl.SSLContext, metrics: Metrics) -> None:
        self.writer = Pool("writer", config.writer, _login(config.writer, config), tls, metrics)
        self.reader = self.writer
        if config.reader != config.writer:
            self.reader = Pool("reader", config.reader, _login(config.reader, config), tls, metrics)
        self._guard = LagGuard(self.writer, self.reader, metrics)
        # Half, so that reads without a reader leave room for the writes.
        half = max(1, config.writer.connection_limit // 2)
        self._moved_reads = Slots(half, LONGEST_WAIT_SECONDS)
        metrics.degraded.labels("writer").set_function(lambda: self.writer.away)
        metrics.degraded.labels("reader").set_function(lambda: self._readers_rest)
        self.seen = False
        """Whether the writer has answered once, with the schema in place."""

    @property
    def lag_ms(self) -> int:
        """For so long after a write its rows must be read `fresh`."""
        return self._guard.window_ms

    async def read(
        self, statement: str, parameters: Parameters = (), *, fresh: bool = False
    ) -> list[Row]:
        """Rows from a reader, or from the writer when they must be `fresh`.

        A connection that turns out to be lost costs one more attempt, on the writer. While the
        readers are away or too far behind, all is read from the writer.
        """
        try:
            if fresh or self._readers_rest:
                return await self._read_writer(statement, parameters, fresh=fresh)
            return await self._read(self.reader, statement, parameters)
        except PoolExhaustedError:
            raise
        except UnavailableError:
            return await self._read_writer(statement, parameters, fresh=fresh)

    async def write(self, block: Callable[[Connection], Awaitable[Result]]) -> Result:
        """`block` in one transaction on the writer; in another if that one met a deadlock."""
        try:
            return await self._in_transaction(block)
        except MySQLError as error:
            if code_of(error) != DEADLOCK:
                raise
        log("deadlock")
        return await self._in_transaction(block)

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

    async def watch_lag(self) -> None:
        """Measure the readers every 5 seconds, for ever; ends at once when there are none."""
        await self._guard.watch()

    def close(self) -> None:
        """Close what is idle in both pools."""
        self.writer.close()
        self.reader.close()

    async def _read(self, pool: Pool, statement: str, parameters: Parameters) -> list[Row]:
        async with pool.connection() as connection:
            return await run(connection, statement, parameters)

    @property
    def _readers_rest(self) -> bool:
        return self.reader.away or self._guard.fallen_behind

    async def _read_writer(
        self, statement: str, parameters: Parameters, *, fresh: bool
    ) -> list[Row]:
        if fresh or self.reader is self.writer:
            return await self._read(self.writer, statement, parameters)
        async with self._moved_reads:
            return await self._read(self.writer, statement, parameters)

    async def _in_transaction(self, block: Callable[[Connection], Awaitable[Result]]) -> Result:
        async with self.writer.connection() as connection:
            await run(connection, "START TRANSACTION")
            try:
                result = await block(connection)
            except Exception:
                # Else the connection would have to be closed to end the transaction.
                if connection.whole:
                    await run(connection, "ROLLBACK")
                raise
            await run(connection, "COMMIT")
            return result


def _login(url: DatabaseUrl, config: Config) -> Login:
    if config.database_auth == "iam" and config.region is not None:
        return IamLogin(url, config.region)
    return PasswordLogin(url)
