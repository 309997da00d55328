"""Readers that die, freeze or are not there: their reads go to the writer, but not all at once."""

import asyncio
import signal
import time
from collections import Counter

import msgspec
import pytest

import task1.lag
from daemons import free_port
from replication import Store, in_loop, outcome, served_by, server_of, until, written

pytestmark = pytest.mark.local


def test_a_frozen_reader_is_found_and_left_alone_until_it_thaws(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(task1.lag, "EVERY_SECONDS", 0.1)

    async def main() -> tuple[int, float]:
        async with store.with_reader() as database:
            watching = asyncio.create_task(database.watch_lag())
            reads = (database.read("SELECT SLEEP(0.05)") for _ in range(5))
            await asyncio.gather(*reads)
            store.replica.signal(signal.SIGSTOP)
            # By the first of the five connections, not by one after the other: 2 seconds each.
            await until(lambda: database.reader.away, within=7)
            started = time.monotonic()
            server = await server_of(database)
            seconds = time.monotonic() - started
            store.replica.signal(signal.SIGCONT)
            await served_by(database, 2)
            watching.cancel()
            return server, seconds

    server, seconds = in_loop(main())

    assert server == 1
    assert seconds < 1


def test_a_reader_that_dies_costs_no_read_an_error_and_serves_after_its_restart(store: Store):
    async def main() -> tuple[Counter[str], int]:
        async with store.with_reader() as database:
            outcomes: Counter[str] = Counter()
            for step in range(200):
                if step == 50:
                    store.replica.kill()
                reads = (outcome(database, fresh=False) for _ in range(2))
                outcomes.update(await asyncio.gather(*reads))
            meanwhile = await server_of(database)
            await asyncio.to_thread(store.replica.start)
            await served_by(database, 2)
            return outcomes, meanwhile

    outcomes, meanwhile = in_loop(main())

    assert outcomes == {"rows": 400}
    assert meanwhile == 1


def test_without_a_reader_reads_take_half_of_the_writers_connections(store: Store):
    async def main() -> tuple[set[int], str]:
        gone = msgspec.structs.replace(store.url(store.replica), port=free_port())
        async with store.opened(reader=gone, limit=4) as database:
            await server_of(database)
            used = 'db_pool_connections{pool="writer",state="used"}'
            slow = "SELECT CONNECTION_ID(), SLEEP(0.3)"
            reads = [asyncio.create_task(database.read(slow)) for _ in range(6)]
            await until(lambda: store.metric(used) == 2)
            write = await asyncio.wait_for(written(database), 0.25)
            return {rows[0][0] for rows in await asyncio.gather(*reads)}, write

    sessions, write = in_loop(main())

    assert len(sessions) == 2
    assert write == "rows"


def test_what_is_away_is_told_in_the_metrics(store: Store):
    async def main() -> list[float]:
        told = []
        gone = msgspec.structs.replace(store.url(store.replica), port=free_port())
        async with store.opened(reader=gone) as database:
            told += [store.metric(f'degraded{{what="{what}"}}') for what in ("writer", "reader")]
            await server_of(database)
            told += [store.metric(f'degraded{{what="{what}"}}') for what in ("writer", "reader")]
        return told

    assert in_loop(main()) == [0, 0, 0, 1]
