"""Connections to one MySQL endpoint: made when needed, bounded in number, wait and life."""

import asyncio
import random
import ssl
import time
from collections import deque
from typing import NamedTuple

from asyncmy.errors import MySQLError

from task1.log import log
from task1.logins import Login
from task1.metrics import Metrics
from task1.mysql import (
    ACCESS_DENIED,
    Connection,
    PoolExhaustedError,
    UnavailableError,
    code_of,
    connect,
)
from task1.urls import DatabaseUrl

CONNECT_SECONDS = 2.0
"""For a connection and its login, a second attempt with another password included."""
QUERY_SECONDS = 2.0
"""Longest time of a block; the scaling guide's goal is 50 ms at the 95th percentile."""
LONGEST_WAIT_SECONDS = 1.0
"""A request waits no longer for a free connection, however long `pool_timeout` lets a job wait."""
LIFE_SECONDS = 300.0
"""A connection is replaced at this age (+-20 %): new readers and a moved writer are met."""
RETRY_SECONDS = 1.0
"""An endpoint that is away is asked so often (+-20 %), by the pool and by no request."""


class Slots:
    """How many may do something at once; the rest wait for a while, in turn.

    Where nobody waits, nothing is made for it, as asyncio's semaphore under a time-out would.
    """

    def __init__(self, number: int, patience_seconds: float) -> None:
        self._number = number
        self._patience = patience_seconds
        self._free = number
        self._turns: deque[asyncio.Future[None]] = deque()
        self.waiting = 0

    async def take(self) -> None:
        """Wait for a slot; raises `PoolExhaustedError` when none gets free in time."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException as error:
            # The slot came while this was being cancelled.
            if turn.done() and not turn.cancelled():
                self.free()
            if not isinstance(error, TimeoutError):
                raise
            message = f"all {self._number} connections busy for {self._patience} s"
            raise PoolExhaustedError(message) from error
        finally:
            self.waiting -= 1

    def free(self) -> None:
        """Give the slot to who has waited longest."""
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    async def __aenter__(self) -> None:
        """As `take`."""
        await self.take()

    async def __aexit__(self, *_: object) -> None:
        """As `free`."""
        self.free()


class Held(NamedTuple):
    """A connection of the pool, and until when it is one."""

    connection: Connection
    expires: float
    generation: int


class Pool:
    """The connections to one endpoint."""

    def __init__(
        self, name: str, url: DatabaseUrl, login: Login, tls: ssl.SSLContext, metrics: Metrics
    ) -> None:
        self._url = url
        self._login = login
        self._tls = tls
        self._slots = Slots(
            url.connection_limit, min(url.pool_timeout_seconds, LONGEST_WAIT_SECONDS)
        )
        self._idle: list[Held] = []
        self._due: dict[Connection, float] = {}
        """When each block must have ended, on the loop's clock; the first one comes first."""
        self._timer: asyncio.TimerHandle | None = None
        self._used = 0
        self._generation = 0
        self._return: asyncio.Task[None] | None = None
        self._why = ""
        self._observe = metrics.statements(name)
        metrics.pool_connections.labels(name, "idle").set_function(lambda: len(self._idle))
        metrics.pool_connections.labels(name, "used").set_function(lambda: self._used)
        metrics.pool_waiting.labels(name).set_function(lambda: self._slots.waiting)

    @property
    def away(self) -> bool:
        """Whether the endpoint takes no new connections; those that are left may still serve."""
        return self._return is not None

    def connection(self) -> "Lease":
        """A connection for the block; what the block leaves half read or half done is closed.

        Raises `UnavailableError` when the server is away, `PoolExhaustedError` when all are busy,
        and a statement raises `SlowQueryError` when the block takes too long.
        """
        return Lease(self)

    async def take(self) -> Held:
        """What `give_back` has to get back, whatever comes."""
        await self._slots.take()
        self._used += 1
        try:
            held = self._take_idle() or await self._open()
        except BaseException:
            self._used -= 1
            self._slots.free()
            raise
        loop = asyncio.get_running_loop()
        due = loop.time() + QUERY_SECONDS
        self._due[held.connection] = due
        if self._timer is None:
            self._timer = loop.call_at(due, self._expire)
        return held

    def give_back(self, held: Held) -> None:
        """Keep it for the next block, or close it."""
        del self._due[held.connection]
        if held.connection.lost and held.generation == self._generation:
            self._drop()
        if self._is_good(held):
            self._idle.append(held)
        else:
            held.connection.close()
        # The one that has waited longest; so the rest of a burst goes, one at a time.
        if self._idle and not self._is_current(self._idle[0]):
            self._idle.pop(0).connection.close()
        self._used -= 1
        self._slots.free()

    def leave(self, error: Exception) -> None:
        """Use none of the present connections again, and ask for a new one until it is given."""
        self._drop()
        self._why = str(error)
        if self._return is None:
            log("database-away", endpoint=repr(self._url), error=self._why)
            self._return = asyncio.create_task(self._until_back())

    def close(self) -> None:
        """Close what is idle; what is in use closes as its block ends."""
        if self._return is not None:
            self._return.cancel()
        self._drop()

    def _drop(self) -> None:
        self._generation += 1
        while self._idle:
            self._idle.pop().connection.close()

    def _take_idle(self) -> Held | None:
        while self._idle:
            # The one used last, so that the pool shrinks to what the load needs.
            held = self._idle.pop()
            if self._is_good(held):
                return held
            held.connection.close()
        return None

    def _expire(self) -> None:
        """Give up the blocks that are due, and look again when the next one is.

        One timer for all, since asyncio.timeout makes and cancels one for each.
        """
        self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection, due in self._due.items():
            if due > now:
                self._timer = loop.call_at(due, self._expire)
                break
            connection.give_up(f"{self._url!r} took more than {QUERY_SECONDS} s")

    def _is_good(self, held: Held) -> bool:
        return self._is_current(held) and held.connection.reusable

    def _is_current(self, held: Held) -> bool:
        return held.generation == self._generation and time.monotonic() < held.expires

    async def _open(self) -> Held:
        if self.away:
            raise UnavailableError(f"{self._url!r} is asked again each second: {self._why}")
        try:
            return await self._connected()
        except UnavailableError as error:
            self.leave(error)
            raise

    async def _connected(self) -> Held:
        generation = self._generation
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await self._logged_in()
        except Exception as error:  # asyncmy reads a broken greeting with whatever error comes
            raise UnavailableError(f"no connection to {self._url!r}: {error!r}") from error
        life = LIFE_SECONDS * random.uniform(0.8, 1.2)  # noqa: S311  # spreads reconnects; no secret
        return Held(connection, time.monotonic() + life, generation)

    async def _logged_in(self) -> Connection:
        url = await self._login.current()
        try:
            return await connect(url, self._tls, self._observe)
        except MySQLError as error:
            if code_of(error) != ACCESS_DENIED or not await self._login.renewed(url):
                raise
        renewed = await self._login.current()
        log("database-login-renewed", endpoint=repr(renewed))
        return await connect(renewed, self._tls, self._observe)

    async def _until_back(self) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311  # no secret
            try:
                async with self._slots:
                    self._idle.append(await self._connected())
            except UnavailableError as error:
                self._why = str(error)
                continue
            self._return = None
            log("database-back", endpoint=repr(self._url))
            return


class Lease:
    """A connection of the pool for one block; a class, for a generator costs each read more."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        """Take it."""
        self._held = await self._pool.take()
        return self._held.connection

    async def __aexit__(self, *_: object) -> None:
        """Give it back."""
        self._pool.give_back(self._held)
