"""The names under posts: kept for a while, asked for in one statement, gone only by the writer."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from replication import Store, answers_again, in_loop
from task1 import authors
from task1.authors import Authors
from task1.database import Database
from task1.post_shapes import Author

pytestmark = pytest.mark.local

LONG_SECONDS = 30
ADA, GRACE, EVA = Author(1, "Ada"), Author(2, "Grace"), Author(3, "Eva")
NOBODY = 4


@pytest.fixture(autouse=True)
def users(store: Store) -> None:
    """Ada and Grace, here and at the replica."""
    store.primary.sql(
        f"CREATE TABLE {store.name}.users"
        " (id INT PRIMARY KEY, name VARCHAR(100), createdAt DATETIME(3));"
        f" INSERT INTO {store.name}.users VALUES (1, 'Ada', NOW(3)), (2, 'Grace', NOW(3))"
    )
    store.replica.catch_up()


async def named(
    authors: Authors, *ids: int | None, fresh: bool = False
) -> Mapping[int | None, Author | None]:
    """The authors of a page with a post of each."""
    rows = [(0, "title", "content", "published", "", "", each) for each in ids]
    found: Mapping[Any, Author | None] = await authors.of(rows, fresh=fresh)
    return {each: found.get(each) for each in ids}


def asked(store: Store) -> dict[str, float]:
    """How many statements the writer and the reader have answered."""
    name = 'db_statement_duration_seconds_count{{pool="{}"}}'
    return {pool: store.metric(name.format(pool)) for pool in ("writer", "reader")}


def test_the_authors_of_a_page_take_one_statement_and_those_of_the_next_none(store: Store):
    async def main() -> None:
        async with store.with_reader() as database:
            known = Authors(database)

            assert await named(known, 1, 2, 1) == {1: ADA, 2: GRACE}
            assert await named(known, 2) == {2: GRACE}
            assert asked(store) == {"writer": 0, "reader": 1}

    in_loop(main())


def test_pages_of_one_moment_ask_together(store: Store):
    async def main() -> None:
        async with store.with_reader() as database:
            known = Authors(database)

            found = await asyncio.gather(named(known, 1), named(known, 1, 2))

            assert found == [{1: ADA}, {1: ADA, 2: GRACE}]
            assert asked(store) == {"writer": 0, "reader": 1}

    in_loop(main())


def test_posts_without_an_author_take_no_statement(store: Store):
    async def main() -> None:
        async with store.with_reader() as database:
            assert await named(Authors(database), None) == {None: None}
            assert asked(store) == {"writer": 0, "reader": 0}

    in_loop(main())


def test_rows_that_must_be_fresh_have_authors_from_the_writer(store: Store):
    async def main() -> None:
        async with store.with_reader() as database:
            assert await named(Authors(database), 1, fresh=True) == {1: ADA}
            assert asked(store) == {"writer": 1, "reader": 0}

    in_loop(main())


def test_whom_a_late_reader_does_not_know_the_writer_does(store: Store):
    store.replica.follow(delay_seconds=LONG_SECONDS)
    store.primary.sql(f"INSERT INTO {store.name}.users VALUES (3, 'Eva', NOW(3))")

    async def main() -> None:
        async with store.with_reader() as database:
            assert await named(Authors(database), 2, 3) == {2: GRACE, 3: EVA}

    in_loop(main())


def test_one_who_is_gone_is_asked_for_once(store: Store):
    async def main() -> None:
        async with store.with_reader() as database:
            known = Authors(database)

            for _ in range(2):
                assert await named(known, 1, NOBODY) == {1: ADA, NOBODY: None}
            assert asked(store) == {"writer": 1, "reader": 1}

    in_loop(main())


def test_while_the_writer_is_away_nobody_is_kept_as_gone(store: Store):
    store.replica.follow(delay_seconds=LONG_SECONDS)
    store.primary.sql(f"INSERT INTO {store.name}.users VALUES (3, 'Eva', NOW(3))")

    async def main() -> None:
        async with store.with_reader() as database:
            known = Authors(database)
            await named(known, 1)
            store.primary.kill()

            assert await named(known, 1, 3) == {1: ADA, 3: None}

            store.primary.start()
            await answers_again(database)
            assert await named(known, 1, 3) == {1: ADA, 3: EVA}

    in_loop(main())


async def renamed(store: Store, database: Database) -> Mapping[int | None, Author | None]:
    """Ada, whose name was changed in the database after it had been asked for."""
    known = Authors(database)
    await named(known, 1, 2)
    store.primary.sql(f"UPDATE {store.name}.users SET name = 'Augusta' WHERE id = 1")
    return await named(known, 1)


@pytest.mark.parametrize(
    ("limit", "value", "name"),
    [
        ("KEPT_SECONDS", 300.0, "Ada"),
        ("KEPT_SECONDS", 0.0, "Augusta"),
        ("MOST_KEPT", 2, "Ada"),
        ("MOST_KEPT", 1, "Augusta"),
    ],
)
def test_a_name_is_kept_for_so_long_and_with_so_many(
    store: Store, monkeypatch: pytest.MonkeyPatch, limit: str, value: float, name: str
):
    monkeypatch.setattr(authors, limit, value)

    async def main() -> None:
        async with store.opened() as database:
            assert await renamed(store, database) == {1: Author(1, name)}

    in_loop(main())
