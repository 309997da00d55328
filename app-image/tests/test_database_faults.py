"""Writers that die, freeze, fill up, lock their tables or turn read-only: nobody waits for long."""

import asyncio
import contextlib
import signal
import ssl
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import task1.pool
from daemons import Certificates
from replication import (
    INSERT,
    Store,
    answers_again,
    in_loop,
    outcome,
    server_of,
    session_of,
    until,
    written,
)
from task1.database import (
    Database,
    PoolExhaustedError,
    SlowQueryError,
    UnavailableError,
    insert,
    run,
)

pytestmark = pytest.mark.local


def test_a_killed_writer_is_away_at_once_and_serves_after_its_restart(store: Store):
    async def main() -> tuple[str, float]:
        async with store.opened() as database:
            await server_of(database)
            store.primary.kill()
            started = time.monotonic()
            outcomes = {await outcome(database) for _ in range(100)}
            seconds = time.monotonic() - started
            await asyncio.to_thread(store.primary.start)
            await answers_again(database)
            return ", ".join(outcomes), seconds

    outcomes, seconds = in_loop(main())

    assert outcomes == "UnavailableError"
    assert seconds < 1


def test_a_database_that_is_not_there_yet_is_met_when_it_comes(store: Store):
    store.primary.kill()

    async def main() -> bool:
        async with store.opened() as database:
            watching = asyncio.create_task(database.watch("SELECT id FROM notes LIMIT 1"))
            seen_without = await outcome(database) != "UnavailableError" or database.seen
            await asyncio.to_thread(store.primary.start)
            async with asyncio.timeout(60):
                await watching
            return database.seen and not seen_without

    assert in_loop(main())


def test_sessions_that_the_server_ended_cost_a_read_nothing(store: Store):
    async def main() -> list[str]:
        async with store.opened() as database:
            await asyncio.gather(*(database.read("SELECT SLEEP(0.05)") for _ in range(5)))
            store.end_sessions()
            return [await outcome(database) for _ in range(10)]

    assert in_loop(main()) == ["rows"] * 10


def test_a_write_whose_session_ended_is_not_repeated(store: Store):
    async def main() -> int:
        async with store.opened() as database:
            with pytest.raises(UnavailableError, match="lost the connection"):
                await _write_twice(database, store.end_sessions)
            return len(await database.read("SELECT id FROM notes", fresh=True))

    assert in_loop(main()) == 1


async def _write_twice(database: Database, between: Callable[[], None]) -> None:
    async with database.writer.connection() as connection:
        await insert(connection, INSERT, ())
        between()
        await insert(connection, INSERT, ())


def test_a_frozen_writer_costs_the_first_seconds_and_the_rest_nothing(store: Store):
    async def main() -> tuple[list[str], float]:
        async with store.opened() as database:
            await server_of(database)
            store.primary.signal(signal.SIGSTOP)
            outcomes = [await outcome(database), await outcome(database)]
            started = time.monotonic()
            outcomes += [await outcome(database) for _ in range(20)]
            seconds = time.monotonic() - started
            store.primary.signal(signal.SIGCONT)
            await answers_again(database)
            return outcomes, seconds

    outcomes, seconds = in_loop(main())

    assert outcomes == ["SlowQueryError", *["UnavailableError"] * 21]
    assert seconds < 1


def test_each_block_has_its_own_time_from_when_it_began(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(task1.pool, "QUERY_SECONDS", 1.0)

    async def main() -> tuple[list[str], list[float]]:
        async with store.opened() as database:
            await asyncio.gather(*(database.read("SELECT SLEEP(0.05)") for _ in range(3)))
            with store.primary.locked(f"{store.name}.notes"):
                seconds: list[float] = []

                async def read(after: float) -> str:
                    await asyncio.sleep(after)
                    started = time.monotonic()
                    result = await outcome(database, "SELECT id FROM notes")
                    seconds.append(time.monotonic() - started)
                    return result

                outcomes = await asyncio.gather(read(0), read(0.4), read(0.8))
            return [*outcomes, await outcome(database)], seconds

    outcomes, seconds = in_loop(main())

    assert outcomes == [*["SlowQueryError"] * 3, "rows"]
    assert all(0.9 < each < 3 for each in seconds)


def test_a_locked_table_gives_its_reads_up_and_no_session_piles_up(store: Store):
    async def main() -> tuple[Counter[str], float, str]:
        async with store.opened(limit=5) as database:
            with store.primary.locked(f"{store.name}.notes") as unlock:
                started = time.monotonic()
                reads = (outcome(database, "SELECT id FROM notes") for _ in range(30))
                outcomes = Counter(await asyncio.gather(*reads))
                seconds = time.monotonic() - started
                await until(lambda: not store.sessions(), within=10)
                unlock()
            return outcomes, seconds, await outcome(database, "SELECT id FROM notes")

    outcomes, seconds, after = in_loop(main())

    assert outcomes == {"SlowQueryError": 5, "PoolExhaustedError": 25}
    assert 1.9 < seconds < 4
    assert after == "rows"


def test_a_read_only_writer_refuses_writes_and_a_new_connection_is_made_for_each(store: Store):
    async def main() -> tuple[str, bool, str]:
        async with store.opened() as database:
            before = await session_of(database)
            store.primary.sql("SET GLOBAL read_only = 1")
            refused = await written(database)
            # On another connection: the writer's name may lead to another server by now.
            moved = await session_of(database) != before
            store.primary.sql("SET GLOBAL read_only = 0")
            return refused, moved, await written(database)

    assert in_loop(main()) == ("UnavailableError", True, "rows")


def test_connections_made_before_a_failover_are_not_used_after_it(store: Store):
    async def main() -> bool:
        async with store.opened() as database:
            async with database.writer.connection() as old:
                used = (await run(old, "SELECT CONNECTION_ID()"))[0][0]
                store.primary.sql("SET GLOBAL read_only = 1")
                await written(database)
            return await session_of(database) != used

    assert in_loop(main())


def test_a_full_server_is_asked_once_a_second_and_not_by_each_request(store: Store):
    store.primary.sql("SET GLOBAL max_connections = 10")
    asked = "SHOW GLOBAL STATUS LIKE 'Connections'"

    async def main() -> tuple[set[str], int]:
        async with store.opened(limit=20) as hog, store.opened(limit=20) as database:
            async with contextlib.AsyncExitStack() as held:
                with contextlib.suppress(UnavailableError):
                    for _ in range(20):
                        await held.enter_async_context(hog.writer.connection())
                before = int(store.primary.sql(asked)[0][1])
                outcomes = {await outcome(database) for _ in range(500)}
                # Without the question itself.
                attempts = int(store.primary.sql(asked)[0][1]) - before - 1
            hog.close()
            await answers_again(database)
            return outcomes, attempts

    outcomes, attempts = in_loop(main())

    assert outcomes == {"UnavailableError"}
    assert 1 <= attempts < 10


def test_a_server_with_a_certificate_of_another_authority_is_not_used(store: Store, tmp_path: Path):
    store.tls = ssl.create_default_context(cafile=str(Certificates(tmp_path).authority))

    async def main() -> None:
        async with store.opened() as database:
            await server_of(database)

    with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
        in_loop(main())


@pytest.mark.parametrize(
    ("limit", "statement"),
    [
        ("max_statement_time = 0.1", "SELECT SLEEP(1) FROM notes"),
        ("innodb_lock_wait_timeout = 1", "SELECT id FROM notes FOR UPDATE"),
    ],
)
def test_a_limit_of_the_server_is_a_slow_query_and_keeps_the_connection(
    store: Store, limit: str, statement: str
):
    store.add("note")
    store.primary.sql(f"SET GLOBAL {limit}")

    async def main() -> tuple[str, bool]:
        async with store.opened() as database, database.writer.connection() as holder:
            await run(holder, "START TRANSACTION")
            await run(holder, "UPDATE notes SET text = 'held'")
            before = await session_of(database)
            return await outcome(database, statement), await session_of(database) == before

    assert in_loop(main()) == ("SlowQueryError", True)


def test_every_error_of_an_endpoint_is_an_unavailable_one():
    assert issubclass(PoolExhaustedError, UnavailableError)
    assert not issubclass(SlowQueryError, UnavailableError)
