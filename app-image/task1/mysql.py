"""MySQL as the app speaks it: connections over TLS, timed statements, and what an error means."""

import asyncio
import ssl
import time
from collections.abc import Callable

from asyncmy.errors import MySQLError

from task1.driver import Driver, Parameters, Reply, Row
from task1.urls import DatabaseUrl

ACCESS_DENIED = 1045
DEADLOCK = 1213
SLOW = frozenset({1205, 1969, 3024})
"""A lock or a statement took longer than the server allows."""
FULL_OR_REFUSED = frozenset({1040, 1045, 1129, 1203, 1226})
READ_ONLY = frozenset({1290, 1836})
ENDED = frozenset({1053, 1080, 1317, 1927, 3032, 3169, 4031})
LOST = FULL_OR_REFUSED | READ_ONLY | ENDED
"""What passes. A proxy logs in for a statement only; a writer is read-only after a failover."""
CLIENT_CODES = range(2000, 3000)
"""The client's own: no connection, or one that broke."""
PROXY_CODES = 9000
"""RDS Proxy's 9501 and its like from here on: no database connection behind the proxy."""

SELECT = "SELECT /*+ MAX_EXECUTION_TIME(2000) */"
"""For what may read much: MySQL ends it when nobody waits any more; to MariaDB it is a comment."""


def moment(column: str) -> str:
    """SQL that gives a DATETIME as RFC 3339 has it: every statement here writes UTC.

    A page has forty. Made by Python they are a tenth of what a miss takes, made by the database
    some 10 us more of its 300 (measured with MariaDB).
    """
    return f"CONCAT(REPLACE({column}, ' ', 'T'), 'Z')"


class UnavailableError(Exception):
    """The database cannot be reached now; another attempt may work."""


class PoolExhaustedError(UnavailableError):
    """Every connection is busy."""


class SlowQueryError(Exception):
    """A statement took too long and was given up."""


class Connection:
    """One connection, used by one block at a time."""

    def __init__(self, driver: Driver, observe: Callable[[float], None]) -> None:
        self._driver = driver
        # asyncmy lets go of it where it closes by itself, gently: see `close`.
        self._transport: asyncio.Transport = getattr(driver, "_transport")  # noqa: B009
        self._observe = observe
        self._late = ""
        self.whole = True
        """Whether nothing that was asked is still to be read."""
        self.lost = False
        """Whether the server, or the way to it, is gone: what took this took its neighbours too."""

    @property
    def reusable(self) -> bool:
        """Whether another block may have it: nothing half read, no transaction, not broken."""
        # asyncmy's own pool asks this too; nothing public tells it without a round trip.
        broken = getattr(self._driver, "_stream_broken", False)
        sound = self.whole and not self._late and not broken
        return sound and not self._driver.get_transaction_status()

    async def execute(self, statement: str, parameters: Parameters) -> Reply:
        """Run one statement. What the server refuses comes as asyncmy's `MySQLError`."""
        # Stays so when this is cancelled: the answer then waits in the stream for the next reader.
        self.whole = False
        started = time.perf_counter()
        try:
            reply = await self._driver.ask(statement, parameters)
        except (MySQLError, OSError) as error:
            code = code_of(error)
            if self._late:
                raise SlowQueryError(self._late) from error
            self.whole = bool(code) and code not in CLIENT_CODES
            if _is_lost(code):
                self.lost = True
                raise UnavailableError(f"lost the connection: {error!r}") from error
            if code in SLOW:
                raise SlowQueryError(f"the server gave the statement up: {error!r}") from error
            raise
        finally:
            self._observe(time.perf_counter() - started)
        self.whole = True
        return reply

    def close(self) -> None:
        """Close at once; the server gives up what it does, and rolls back what was open.

        A gentle close waits for the server's farewell, which one that waits for a lock owes long.
        """
        self._transport.abort()

    def give_up(self, why: str) -> None:
        """End what takes too long: the statement that waits for its answer, or else the next."""
        self._late = why
        self.close()


async def connect(
    url: DatabaseUrl, tls: ssl.SSLContext, observe: Callable[[float], None]
) -> Connection:
    """One connection as `url` says. No password is sent before the server's certificate is good."""
    driver = Driver(
        host=url.host,
        port=url.port,
        user=url.user,
        # asyncmy encodes it in Latin-1, whatever the charset; so it sends the bytes of UTF-8.
        password=url.password.encode().decode("latin-1"),
        database=url.name,
        charset="utf8mb4",
        autocommit=True,
        ssl=tls,
    )
    await driver.connect()
    return Connection(driver, observe)


async def run(connection: Connection, statement: str, parameters: Parameters = ()) -> list[Row]:
    """The rows of one statement."""
    return (await connection.execute(statement, parameters)).rows


async def insert(connection: Connection, statement: str, parameters: Parameters) -> int:
    """The id that the statement's row was given."""
    return (await connection.execute(statement, parameters)).inserted_id


def code_of(error: Exception) -> int:
    """The server's or client's number for it; 0 where there is none."""
    known = isinstance(error, MySQLError) and error.args and isinstance(error.args[0], int)
    return error.args[0] if known else 0


def _is_lost(code: int) -> bool:
    # Without a number: the socket's error, or a protocol that asyncmy no longer understands.
    return not code or code in LOST or code in CLIENT_CODES or code >= PROXY_CODES
