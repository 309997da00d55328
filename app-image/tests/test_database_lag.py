"""Readers behind the writer: for how long rows are read from the writer, and when readers rest."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

import pytest

import task1.lag
from replication import Store, in_loop, served_by, server_of, until
from task1.database import Database, insert
from task1.lag import LagGuard
from task1.mysql import UnavailableError

SECOND = 1000.0


def guard_that_saw(*behind_ms: float | None) -> LagGuard:
    class Gauge:
        def set(self, value: float) -> None:
            self.value = value

    class Metrics:
        replica_lag = Gauge()

    guard = LagGuard(None, None, Metrics())  # type: ignore[arg-type]  # none is asked here
    for sample in behind_ms:
        guard._note(sample)
    return guard


@pytest.mark.parametrize(
    ("behind_ms", "window_ms"),
    [(0.0, 2000), (20.5, 2000), (1000.0, 3000), (9000.0, 27000), (math.inf, 30000), (None, 2000)],
)
def test_rows_are_read_from_the_writer_for_three_times_the_lag(
    behind_ms: float | None, window_ms: int
):
    assert guard_that_saw(behind_ms).window_ms == window_ms


@pytest.mark.parametrize(
    ("samples", "rest"),
    [
        ([10 * SECOND], False),
        ([11 * SECOND], True),
        ([math.inf], True),
        ([11 * SECOND, 6 * SECOND], True),
        ([11 * SECOND, 5 * SECOND], False),
        ([11 * SECOND, 5 * SECOND, 6 * SECOND], False),
        ([11 * SECOND, None], False),
    ],
)
def test_readers_rest_from_ten_seconds_on_until_they_have_caught_up(
    samples: list[float | None], rest: bool
):
    assert guard_that_saw(*samples).fallen_behind == rest


def test_replication_that_ended_with_its_writer_is_no_lag(monkeypatch: pytest.MonkeyPatch):
    async def answer(_pool: object, statement: str) -> list[dict[str, object]]:
        if statement == task1.lag.ALIVE:
            raise UnavailableError("the writer has gone")
        return [{"Seconds_Behind_Master": None}]

    monkeypatch.setattr(task1.lag, "_answer", answer)

    with pytest.raises(UnavailableError, match="the writer has gone"):
        asyncio.run(guard_that_saw(0.0)._of_replica())


@contextlib.asynccontextmanager
async def watched(store: Store) -> AsyncIterator[Database]:
    async with store.with_reader() as database:
        watching = asyncio.create_task(database.watch_lag())
        yield database
        watching.cancel()


@pytest.fixture
def may_look(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose user may ask for the replica's state, and whose guard asks all the time."""
    monkeypatch.setattr(task1.lag, "EVERY_SECONDS", 0.05)
    store.primary.sql(f"GRANT REPLICA MONITOR ON *.* TO {store.name}@'%'")
    store.replica.catch_up()
    return store


@pytest.mark.local
def test_a_window_after_a_write_reads_what_a_late_replica_lacks(store: Store):
    store.replica.follow(delay_seconds=1)

    async def main() -> tuple[int, int]:
        stale = stale_in_the_window = 0
        async with store.with_reader() as database:
            for number in range(1, 11):
                async with database.writer.connection() as connection:
                    await insert(connection, "INSERT INTO notes (text) VALUES ('x')", ())
                count = "SELECT COUNT(*) FROM notes"
                stale += (await database.read(count))[0][0] < number
                stale_in_the_window += (await database.read(count, fresh=True))[0][0] < number
        return stale, stale_in_the_window

    assert in_loop(main()) == (10, 0)


@pytest.mark.local
def test_the_lag_of_a_late_replica_is_measured(may_look: Store):
    may_look.replica.follow(delay_seconds=3)
    lag = "db_replica_lag_seconds"

    async def main() -> tuple[int, float]:
        async with watched(may_look) as database:

            def late() -> bool:
                may_look.add("x")
                return may_look.metric(lag) >= 1

            await until(late)
            return database.lag_ms, may_look.metric(lag)

    window_ms, seconds = in_loop(main())

    assert 1 <= seconds <= 5
    assert window_ms >= 3000


@pytest.mark.local
def test_a_replica_that_is_too_late_rests_until_it_has_caught_up(
    may_look: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(task1.lag, "FALLEN_BEHIND_MS", 1000)
    monkeypatch.setattr(task1.lag, "CAUGHT_UP_MS", 500)
    may_look.replica.follow(delay_seconds=4)

    async def main() -> None:
        async with watched(may_look) as database:
            await served_by(database, 2)
            may_look.add("x")
            await served_by(database, 1)
            await served_by(database, 2)

    in_loop(main())

    told = capsys.readouterr().out
    assert told.index("readers-fallen-behind") < told.index("readers-caught-up")


@pytest.mark.local
def test_a_replica_that_stopped_replicating_rests(may_look: Store):
    async def main() -> float:
        async with watched(may_look) as database:
            await served_by(database, 2)
            may_look.replica.sql("STOP SLAVE SQL_THREAD")
            await served_by(database, 1)
            lag = may_look.metric("db_replica_lag_seconds")
            assert may_look.metric('degraded{what="reader"}') == 1
            may_look.replica.sql("START SLAVE SQL_THREAD")
            await served_by(database, 2)
            return lag

    assert in_loop(main()) == math.inf


@pytest.mark.local
def test_readers_serve_on_while_the_writer_is_away(may_look: Store):
    async def main() -> list[int]:
        async with watched(may_look) as database:
            await served_by(database, 2)
            may_look.primary.kill()

            await until(lambda: database.writer.away)
            served = []
            for _ in range(10):
                served.append(await server_of(database))
                await asyncio.sleep(0.05)
            return served

    assert in_loop(main()) == [2] * 10


@pytest.mark.local
def test_without_the_right_to_look_the_lag_is_unknown_and_readers_serve(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(task1.lag, "EVERY_SECONDS", 0.01)

    async def main() -> tuple[int, int, float]:
        async with watched(store) as database:
            await until(
                lambda: store.metric('db_statement_duration_seconds_count{pool="reader"}') > 5
            )
            lag = store.metric("db_replica_lag_seconds")
            return await server_of(database), database.lag_ms, lag

    server, window_ms, lag = in_loop(main())

    assert (server, window_ms) == (2, 2000)
    assert math.isnan(lag)
    assert capsys.readouterr().out.count("replica-lag-unknown") == 1


AURORA_ROWS = [
    ("writer", "MASTER_SESSION_ID", 0.0, "NOW()"),
    ("reader", "a", 1500.25, "NOW()"),
    ("late", "b", 4000.0, "NOW()"),
    ("gone", "c", 60_000.0, "NOW() - INTERVAL 10 MINUTE"),
]


@pytest.mark.local
def test_on_aurora_the_writer_tells_of_the_latest_reader(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    # MariaDB has no such table: one with Aurora's columns stands in for it.
    statement = task1.lag.AURORA.replace("information_schema", store.name)
    monkeypatch.setattr(task1.lag, "AURORA", statement)
    rows = ", ".join(f"('{a}', '{b}', {lag}, {at})" for a, b, lag, at in AURORA_ROWS)
    store.primary.sql(
        f"CREATE TABLE {store.name}.replica_host_status (SERVER_ID VARCHAR(100),"
        " SESSION_ID VARCHAR(100), REPLICA_LAG_IN_MILLISECONDS DOUBLE,"
        f" LAST_UPDATE_TIMESTAMP DATETIME(6)); INSERT INTO {store.name}.replica_host_status"
        f" VALUES {rows}"
    )

    async def main() -> tuple[int, float]:
        async with watched(store) as database:
            await until(lambda: store.metric("db_replica_lag_seconds") > 0)
            return database.lag_ms, store.metric("db_replica_lag_seconds")

    assert in_loop(main()) == (12_000, 4.0)


@pytest.mark.local
def test_with_the_writer_as_the_only_reader_there_is_nothing_to_watch(store: Store):
    async def main() -> int:
        async with store.opened() as database:
            await database.watch_lag()
            return database.lag_ms

    assert in_loop(main()) == 2000
