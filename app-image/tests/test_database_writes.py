"""Blocks of statements on the writer: transactions, deadlocks, and what becomes of a connection."""

import asyncio

import pytest
from asyncmy.errors import IntegrityError, OperationalError

from replication import Store, in_loop, session_of
from task1.database import Connection, Database, insert, run

pytestmark = pytest.mark.local

INSERT = "INSERT INTO notes (text) VALUES (%s)"


def test_a_refused_statement_leaves_its_connection_in_the_pool(store: Store):
    store.add("first")

    async def main() -> bool:
        async with store.opened() as database:
            before = await session_of(database)
            with pytest.raises(IntegrityError, match="Duplicate"):
                async with database.writer.connection() as connection:
                    await run(connection, "INSERT INTO notes VALUES (1, 'again')")
            return await session_of(database) == before

    assert in_loop(main())


def test_a_block_that_raises_between_statements_leaves_its_connection_in_the_pool(store: Store):
    async def main() -> bool:
        async with store.opened() as database:
            before = await session_of(database)
            with pytest.raises(LookupError, match="not yours"):
                await _refuse_after_reading(database)
            return await session_of(database) == before

    assert in_loop(main())


async def _refuse_after_reading(database: Database) -> None:
    async with database.writer.connection() as connection:
        await run(connection, "SELECT 1")
        raise LookupError("not yours")


def test_a_transaction_left_open_ends_with_its_connection(store: Store):
    async def main() -> tuple[bool, list[tuple[object, ...]]]:
        async with store.opened() as database:
            before = await session_of(database)
            async with database.writer.connection() as connection:
                await run(connection, "START TRANSACTION")
                await insert(connection, INSERT, ("half",))
            rows = await database.read("SELECT text FROM notes", fresh=True)
            return await session_of(database) == before, rows

    assert in_loop(main()) == (False, [])


def test_a_write_is_kept_when_its_block_ends(store: Store):
    async def main() -> tuple[int, list[tuple[object, ...]]]:
        async with store.opened() as database:

            async def block(connection: Connection) -> int:
                return await insert(connection, INSERT, ("kept",))

            note = await database.write(block)
            return note, await database.read("SELECT text FROM notes", fresh=True)

    assert in_loop(main()) == (1, [("kept",)])


def test_a_write_is_rolled_back_when_its_block_raises(store: Store):
    async def main() -> tuple[bool, list[tuple[object, ...]]]:
        async with store.opened() as database:
            before = await session_of(database)

            async def block(connection: Connection) -> None:
                await insert(connection, INSERT, ("half",))
                raise LookupError("not yours")

            with pytest.raises(LookupError, match="not yours"):
                await database.write(block)
            rows = await database.read("SELECT text FROM notes", fresh=True)
            return await session_of(database) == before, rows

    assert in_loop(main()) == (True, [])


def test_a_deadlock_is_tried_once_more(store: Store, capsys: pytest.CaptureFixture[str]):
    store.add("first", "second")

    async def main() -> list[tuple[object, ...]]:
        both_hold_one = asyncio.Barrier(2)
        async with store.opened() as database:

            async def append(letter: str, first: int, second: int) -> None:
                attempts: list[int] = []

                async def block(connection: Connection) -> None:
                    attempts.append(1)
                    change = "UPDATE notes SET text = CONCAT(text, %s) WHERE id = %s"
                    await run(connection, change, (letter, first))
                    if len(attempts) == 1:
                        await both_hold_one.wait()
                    await run(connection, change, (letter, second))

                await database.write(block)

            await asyncio.gather(append("a", 1, 2), append("b", 2, 1))
            return await database.read("SELECT text FROM notes ORDER BY id", fresh=True)

    texts = [str(row[0]) for row in in_loop(main())]

    assert [sorted(text[-2:]) for text in texts] == [["a", "b"], ["a", "b"]]
    assert capsys.readouterr().out.count('"deadlock"') == 1


def test_a_second_deadlock_is_an_error(store: Store):
    attempts: list[int] = []

    async def main() -> None:
        async with store.opened() as database:

            async def block(_connection: Connection) -> None:
                attempts.append(1)
                raise OperationalError(1213, "Deadlock found")

            await database.write(block)

    with pytest.raises(OperationalError, match="Deadlock"):
        in_loop(main())
    assert len(attempts) == 2
