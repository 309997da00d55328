"""The database layer on real servers: who answers, how many connections, what comes back."""

import asyncio
import contextlib
import time
from types import SimpleNamespace

import pytest
from asyncmy.errors import ProgrammingError

import task1.pool
from replication import Store, in_loop, server_of, session_of, until
from task1.database import PoolExhaustedError, UnavailableError

pytestmark = pytest.mark.local

ODD_TEXTS = [
    "\\",
    "\\'",
    "' OR 1=1 -- ",
    "'); DROP TABLE notes; -- ",
    "\\\\' ; SELECT 1",
    '"%s %d {}"',
    "a\x00b\x1a\n\r",
    "´’ʼ＇ 𝒳",
]


def test_reads_go_to_a_reader_and_fresh_ones_to_the_writer(store: Store):
    async def main() -> tuple[int, int]:
        async with store.with_reader() as database:
            return await server_of(database), await server_of(database, fresh=True)

    assert in_loop(main()) == (2, 1)


def test_one_endpoint_has_one_pool(store: Store):
    async def main() -> bool:
        async with store.opened() as database:
            return database.reader is database.writer

    assert in_loop(main())


def test_no_connection_is_made_before_the_first_statement(store: Store):
    async def main() -> list[int]:
        async with store.with_reader():
            return store.sessions() + store.sessions(store.replica)

    assert in_loop(main()) == []


def test_connections_are_as_many_as_the_url_allows(store: Store):
    async def main() -> int:
        async with store.opened(limit=2) as database:
            asked = [database.read("SELECT CONNECTION_ID(), SLEEP(0.05)") for _ in range(10)]
            return len({rows[0][0] for rows in await asyncio.gather(*asked)})

    assert in_loop(main()) == 2


def test_a_request_waits_a_second_for_a_connection_and_no_longer(store: Store):
    async def main() -> float:
        async with store.opened(limit=1) as database, database.writer.connection():
            started = time.monotonic()
            with pytest.raises(PoolExhaustedError, match=r"all 1 connections busy for 1\.0 s"):
                await database.read("SELECT 1")
            return time.monotonic() - started

    assert 0.9 < in_loop(main()) < 1.9


def test_the_pool_tells_what_is_idle_used_and_waited_for(store: Store):
    async def main() -> list[float]:
        async with store.opened(limit=1) as database:
            told = []
            async with database.writer.connection():
                waits = asyncio.create_task(database.read("SELECT 1"))
                await asyncio.sleep(0)
                told.append(store.metric('db_pool_waiting{pool="writer"}'))
                told.append(store.metric('db_pool_connections{pool="writer",state="used"}'))
            await waits
            told.append(store.metric('db_pool_waiting{pool="writer"}'))
            told.append(store.metric('db_pool_connections{pool="writer",state="idle"}'))
            return told

    assert in_loop(main()) == [1, 1, 0, 1]


def test_a_connection_is_replaced_at_the_end_of_its_life(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(task1.pool, "LIFE_SECONDS", 0.0)

    async def main() -> bool:
        async with store.opened() as database:
            return await session_of(database) != await session_of(database)

    assert in_loop(main())


def test_what_the_load_no_longer_needs_goes_at_the_end_of_its_life(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    later = time.monotonic() + 1000

    async def main() -> list[float]:
        idle = 'db_pool_connections{pool="writer",state="idle"}'
        async with store.opened(limit=3) as database:
            async with database.writer.connection():
                monkeypatch.setattr(task1.pool, "LIFE_SECONDS", 100.0)
                await asyncio.gather(*(database.read("SELECT SLEEP(0.05)") for _ in range(2)))
            # The one in use last is young, those below it are not.
            told = [store.metric(idle)]
            monkeypatch.setattr(task1.pool, "time", SimpleNamespace(monotonic=lambda: later))
            for _ in range(2):
                await database.read("SELECT 1")
            return [*told, store.metric(idle)]

    monkeypatch.setattr(task1.pool, "LIFE_SECONDS", 10_000.0)
    assert in_loop(main()) == [3, 1]


def test_each_statement_is_timed_for_its_pool(store: Store):
    async def main() -> tuple[float, float]:
        async with store.with_reader() as database:
            await database.read("SELECT 1")
            await database.read("SELECT 1")
            await database.read("SELECT SLEEP(0.1)", fresh=True)
            reads = store.metric('db_statement_duration_seconds_count{pool="reader"}')
            return reads, store.metric('db_statement_duration_seconds_sum{pool="writer"}')

    reads, seconds = in_loop(main())

    assert reads == 2
    assert 0.1 <= seconds < 1


def test_a_statement_that_fails_is_timed_too(store: Store):
    async def main() -> float:
        async with store.opened() as database:
            with pytest.raises(ProgrammingError, match="syntax"):
                await database.read("SELEC 1")
            return store.metric('db_statement_duration_seconds_count{pool="writer"}')

    assert in_loop(main()) == 1


@pytest.mark.parametrize("text", ODD_TEXTS)
@pytest.mark.parametrize("mode", ["DEFAULT", "'NO_BACKSLASH_ESCAPES'"])
def test_text_comes_back_as_it_went_by_the_first_statement_of_a_connection(
    store: Store, mode: str, text: str
):
    store.primary.sql(f"SET GLOBAL sql_mode = {mode}")

    async def main() -> str:
        async with store.opened() as database:
            return (await database.read("SELECT HEX(%s)", (text,)))[0][0]

    assert bytes.fromhex(in_loop(main())) == text.encode()


def test_no_request_gets_the_rows_of_one_that_was_cancelled(store: Store):
    store.add(*(f"note {number}" for number in range(60)))

    async def main() -> list[int]:
        async with store.opened() as database:

            async def read(count: int) -> int:
                return len(await database.read("SELECT id, text FROM notes LIMIT %s", (count,)))

            async def leave(count: int, seconds: float) -> None:
                with contextlib.suppress(TimeoutError, UnavailableError):
                    async with asyncio.timeout(seconds):
                        await read(count)

            for step in range(60):
                # From before the connection is there to after the rows are.
                leavers = (leave(60, 0.0002 * step + 0.0001 * more) for more in range(5))
                await asyncio.gather(*leavers)
            counts = [await read(count) for count in range(1, 60)]
            await until(lambda: len(store.sessions()) <= 5)
            return counts

    assert in_loop(main()) == list(range(1, 60))
