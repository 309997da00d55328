"""How far the readers are behind the writer; readers too far behind rest until they caught up."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from asyncmy.errors import MySQLError

from task1.log import log
from task1.metrics import Metrics
from task1.mysql import SlowQueryError, UnavailableError, code_of
from task1.pool import Pool

EVERY_SECONDS = 5.0
WINDOW_MS = 2_000
"""The least time for which rows are read from the writer after they were written there."""
FALLEN_BEHIND_MS, CAUGHT_UP_MS = 10_000, 5_000
UNKNOWN_TABLE = 1109
ALIVE = "SELECT 1"
AURORA = (
    "SELECT MAX(REPLICA_LAG_IN_MILLISECONDS) AS behind FROM information_schema.replica_host_status"
    " WHERE SESSION_ID <> 'MASTER_SESSION_ID'"
    " AND LAST_UPDATE_TIMESTAMP > NOW() - INTERVAL 300 SECOND"
)
"""Asked of the writer, since a late reader's own table is late (Aurora guide, "Aurora
MySQL-specific information_schema tables"). A reader that is no more leaves its row behind."""
REPLICA = "SHOW REPLICA STATUS"
"""Needs the right REPLICATION CLIENT on MySQL, REPLICA MONITOR on MariaDB."""
SECONDS_BEHIND = ("Seconds_Behind_Source", "Seconds_Behind_Master")
"""MySQL's column and MariaDB's."""


class LagGuard:
    """What is known of the readers, renewed every 5 seconds."""

    def __init__(self, writer: Pool, reader: Pool, metrics: Metrics) -> None:
        self._writer = writer
        self._reader = reader
        self._seconds = metrics.replica_lag
        self._measure: Callable[[], Awaitable[float | None]] = self._of_aurora
        self._told = ""
        self.fallen_behind = False
        """Whether nothing should be read from the readers."""
        self.window_ms = WINDOW_MS
        """For so long after a write its rows are read from the writer."""

    async def watch(self) -> None:
        """Measure for ever; ends at once when the writer is the only reader."""
        while self._reader is not self._writer:
            try:
                self._note(await self._measure())
            except (UnavailableError, SlowQueryError) as error:
                # What was known stays: while the writer is away nothing is written.
                self._tell(str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def _of_aurora(self) -> float | None:
        try:
            rows = await _answer(self._writer, AURORA)
        except MySQLError as error:
            if code_of(error) != UNKNOWN_TABLE:
                self._tell(repr(error))
                return None
            self._measure = self._of_replica
            return await self._of_replica()
        await _answer(self._reader, ALIVE)
        return rows[0]["behind"]

    async def _of_replica(self) -> float | None:
        """Milliseconds; infinite when replication does not run, none when nobody tells."""
        try:
            rows = await _answer(self._reader, REPLICA)
        except MySQLError as error:
            self._tell(repr(error))
            return None
        # Asked afterwards: where the writer has gone, replication does not run either.
        await _answer(self._writer, ALIVE)
        known = [row[name] for row in rows for name in SECONDS_BEHIND if name in row]
        if not known:
            return None
        return math.inf if None in known else max(known) * 1000.0

    def _note(self, behind_ms: float | None) -> None:
        if behind_ms is None:
            self._seconds.set(math.nan)
            self.fallen_behind = False
            self.window_ms = WINDOW_MS
            return
        self._told = ""
        self._seconds.set(behind_ms / 1000)
        self.window_ms = max(WINDOW_MS, 3 * int(min(behind_ms, FALLEN_BEHIND_MS)))
        before = self.fallen_behind
        self.fallen_behind = behind_ms > (CAUGHT_UP_MS if before else FALLEN_BEHIND_MS)
        if self.fallen_behind != before:
            event = "readers-fallen-behind" if self.fallen_behind else "readers-caught-up"
            log(event, milliseconds=behind_ms)

    def _tell(self, error: str) -> None:
        # Once, not every 5 seconds.
        if error != self._told:
            self._told = error
            log("replica-lag-unknown", error=error)


async def _answer(pool: Pool, statement: str) -> list[dict[str, Any]]:
    try:
        async with pool.connection() as connection:
            reply = await connection.execute(statement, ())
            names = [column[0] for column in reply.columns]
            return [dict(zip(names, row, strict=True)) for row in reply.rows]
    except SlowQueryError as error:
        # These wait for no table: the server stands still, and each request would find out slowly.
        pool.leave(error)
        raise
