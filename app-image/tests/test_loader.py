"""Ids of one moment are fetched by one statement."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from replication import Store, in_loop
from task1.loader import Loader
from task1.users import users_by_id


class Squares:
    """Fetches squares of even numbers, and keeps what it was asked for."""

    def __init__(self, *errors: Exception) -> None:
        self.asked: list[list[int]] = []
        self._errors = list(errors)

    async def fetch(self, numbers: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(list(numbers))
        await asyncio.sleep(0)
        if self._errors:
            raise self._errors.pop()
        return {number: number**2 for number in numbers if number % 2 == 0}


def loaded(squares: Squares, *numbers: int) -> list[int | None]:
    async def main() -> list[int | None]:
        loader = Loader(squares.fetch)
        found = await asyncio.gather(*(loader.load((number,)) for number in numbers))
        return [each.get(number) for each, number in zip(found, numbers, strict=True)]

    return in_loop(main())


def test_ids_of_one_moment_are_fetched_at_once_and_each_once():
    squares = Squares()

    assert loaded(squares, 4, 2, 4) == [16, 4, 16]
    assert squares.asked == [[4, 2]]


def test_an_id_without_a_value_is_none():
    assert loaded(Squares(), 3, 2) == [None, 4]


def test_ids_asked_for_together_are_answered_together():
    squares = Squares()

    async def main() -> Mapping[int, int]:
        return await Loader(squares.fetch).load((3, 4, 2, 4))

    assert in_loop(main()) == {4: 16, 2: 4}
    assert squares.asked == [[3, 4, 2]]


def test_more_than_500_ids_take_several_statements():
    squares = Squares()

    assert loaded(squares, *range(1001))[-1] == 1_000_000
    assert [len(asked) for asked in squares.asked] == [500, 500, 1]


def test_nothing_is_kept_for_later():
    squares = Squares()

    async def main() -> None:
        loader = Loader(squares.fetch)
        await loader.load((2,))
        await loader.load((2,))

    in_loop(main())

    assert squares.asked == [[2], [2]]


def test_an_error_is_raised_to_all_who_asked_and_not_to_later_ones():
    squares = Squares(LookupError("no table"))

    async def main() -> tuple[list[object], Mapping[int, int]]:
        loader = Loader(squares.fetch)
        both = await asyncio.gather(loader.load((2,)), loader.load((4,)), return_exceptions=True)
        return [str(error) for error in both], await loader.load((2,))

    assert in_loop(main()) == (["no table", "no table"], {2: 4})


def test_one_who_leaves_does_not_end_it_for_the_others():
    squares = Squares()

    async def main() -> Mapping[int, int]:
        loader = Loader(squares.fetch)
        leaves, stays = (asyncio.create_task(loader.load((2,))) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        return await stays

    assert in_loop(main()) == {2: 4}


@pytest.mark.local
def test_users_of_one_moment_take_one_statement(store: Store):
    store.primary.sql(
        f"CREATE TABLE {store.name}.users"
        " (id INT PRIMARY KEY, name VARCHAR(100), createdAt DATETIME(3));"
        f" INSERT INTO {store.name}.users VALUES (1, 'Ada', NOW(3)), (2, 'Grace', NOW(3))"
    )

    async def main() -> tuple[list[list[str]], float]:
        async with store.opened() as database:
            users = users_by_id(database)[True]
            told = await asyncio.gather(users.load((2,)), users.load((1, 3)))
            names = [[user.name for _, user in sorted(found.items())] for found in told]
            return names, store.metric('db_statement_duration_seconds_count{pool="writer"}')

    assert in_loop(main()) == ([["Ada", "Grace"]] * 2, 1)
