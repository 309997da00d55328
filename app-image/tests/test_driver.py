"""Answers whose columns are known already: read as those that are not."""

import asyncio
import itertools
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from asyncmy.connection import _MySQLProtocol
from asyncmy.errors import OperationalError

from replication import Store, in_loop
from task1.database import insert, run
from task1.driver import MOST_KNOWN, Driver

LONG, SHORT = "x" * 40_000, "y"
COLUMNS = (("id", 8, 63), ("text", 253, 45))
"""Name, type and character set: a BIGINT, a VARCHAR."""


@pytest.mark.local
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id, text FROM notes ORDER BY id",
        "SELECT id FROM notes WHERE id < 0",
        "SELECT NULL, 1, 'a', 1.5, CAST('2026-01-02 03:04:05.006' AS DATETIME(3))",
    ],
    ids=["of many packets", "no row", "of every kind"],
)
def test_an_answer_is_the_same_when_its_columns_are_known(store: Store, statement: str):
    store.add(LONG, SHORT, LONG)

    async def main() -> list[Any]:
        async with store.opened() as database, database.writer.connection() as connection:
            return [await connection.execute(statement, ()) for _ in range(3)]

    first, *others = in_loop(main())

    assert others == [first] * 2


@pytest.mark.local
def test_a_statement_whose_columns_change_gives_the_new_ones(store: Store):
    store.add(SHORT)
    change = f"ALTER TABLE {store.name}.notes ADD COLUMN more INT NOT NULL DEFAULT 7"

    async def main() -> list[Any]:
        async with store.opened() as database:
            before = [await database.read("SELECT * FROM notes") for _ in range(2)]
            await asyncio.to_thread(store.primary.sql, change)
            return [*before, await database.read("SELECT * FROM notes")]

    assert in_loop(main()) == [[(1, SHORT)], [(1, SHORT)], [(1, SHORT, 7)]]


@pytest.mark.local
def test_an_error_among_the_rows_leaves_the_connection_usable(store: Store):
    store.add(SHORT, SHORT)
    fails_at = "SELECT IF(id = %s, (SELECT 1 UNION SELECT 2), 0) FROM notes ORDER BY id"

    async def main() -> tuple[list[Any], list[Any]]:
        async with store.opened() as database, database.writer.connection() as connection:
            known = [await run(connection, fails_at, (0,)) for _ in range(2)]
            with pytest.raises(OperationalError, match="more than 1 row"):
                await run(connection, fails_at, (2,))
            assert connection.reusable
            return known, await run(connection, fails_at, (0,))

    known, after = in_loop(main())

    assert [*known, after] == [[(0,), (0,)]] * 3


@pytest.mark.local
def test_more_kinds_of_answers_than_are_known_are_read_all_the_same(store: Store):
    kinds = [f"SELECT {number} AS c{number}" for number in range(MOST_KNOWN + 3)]

    async def main() -> list[Any]:
        async with store.opened() as database, database.writer.connection() as connection:
            return [(await run(connection, kind))[0][0] for kind in kinds + kinds]

    assert in_loop(main()) == [*range(MOST_KNOWN + 3)] * 2


@pytest.mark.local
def test_a_write_between_answers_tells_its_own_id(store: Store):
    async def main() -> list[Any]:
        async with store.opened() as database, database.writer.connection() as connection:
            seen: list[Any] = []
            for _ in range(3):
                seen.append(
                    await insert(connection, "INSERT INTO notes (text) VALUES (%s)", ("z",))
                )
                seen.append(await run(connection, "SELECT COUNT(*) FROM notes"))
            return seen

    assert in_loop(main()) == [1, [(1,)], 2, [(2,)], 3, [(3,)]]


@pytest.mark.parametrize("ends_by_ok", [True, False], ids=["OK", "EOF"])
@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_an_answer_may_come_in_pieces(piece: int, ends_by_ok: bool):
    rows = [(number, f"text {number}") for number in range(300)]

    async def main() -> list[Any]:
        driver = _answered((_answer(rows, ends_by_ok=ends_by_ok), piece))
        driver._deprecate_eof = ends_by_ok
        return [(await driver.ask("SELECT", ())).rows for _ in range(3)]

    assert in_loop(main()) == [rows] * 3


def test_the_last_answer_does_not_complete_the_first_pieces_of_another():
    rows, others = [(1, "a"), (2, "b")], [("c",)]

    async def main() -> list[Any]:
        whole = (_answer(rows, ends_by_ok=True), 100_000)
        driver = _answered(whole, (_answer(others, COLUMNS[1:], ends_by_ok=True), 1))
        driver._deprecate_eof = True
        async with asyncio.timeout(20):
            return [(await driver.ask("SELECT", ())).rows for _ in range(4)]

    assert in_loop(main()) == [rows, others] * 2


def _answered(*answers: tuple[bytes, int]) -> Driver:
    """A driver whose statements get these in turn, each so many bytes at a time."""
    loop = asyncio.get_running_loop()
    stream = _MySQLProtocol(loop)
    turns = itertools.cycle(answers)

    class Transport:
        def is_closing(self) -> bool:
            return False

        def write(self, _: bytes) -> None:
            loop.call_soon(self._give, *next(turns))

        def _give(self, rest: bytes, piece: int) -> None:
            given = rest[:piece]
            stream.get_buffer(-1)[: len(given)] = given
            stream.buffer_updated(len(given))
            if rest[piece:]:
                loop.call_soon(self._give, rest[piece:], piece)

    driver = Driver(charset="utf8mb4")
    driver._proto, driver._transport, driver._connected = stream, Transport(), True
    return driver


def _answer(
    rows: Sequence[tuple[Any, ...]],
    columns: Sequence[tuple[str, int, int]] = COLUMNS,
    *,
    ends_by_ok: bool,
) -> bytes:
    """As the text protocol has it."""
    end = b"\xfe\0\0\2\0\0\0" if ends_by_ok else b"\xfe\0\0\2\0"
    defined = [
        b"".join(map(_text, (b"def", b"d", b"t", b"t", name.encode(), name.encode())))
        + b"\x0c"
        + struct.pack("<HIBHBH", charset, 80, kind, 0, 0, 0)
        for name, kind, charset in columns
    ]
    told = [b"".join(_text(str(value).encode()) for value in row) for row in rows]
    packets = [bytes([len(columns)]), *defined, *([] if ends_by_ok else [end]), *told, end]
    return b"".join(
        len(packet).to_bytes(3, "little") + bytes([number % 256]) + packet
        for number, packet in enumerate(packets, 1)
    )


def _text(value: bytes) -> bytes:
    return bytes([len(value)]) + value
