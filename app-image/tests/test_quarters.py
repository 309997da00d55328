"""Which quarters of a year `posts` is parted into, and the SQL for it."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.quarters import (
    AHEAD,
    APART,
    Quarter,
    first_quarters,
    missing_quarters,
    quarter_of,
    to_add,
    to_partition,
)

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
PLAIN = """CREATE TABLE `posts` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `createdAt` datetime(3) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `posts_created` (`createdAt` DESC,`id` DESC)
) ENGINE=InnoDB"""
TIED = PLAIN.replace(
    "\n)",
    ",\n  FULLTEXT KEY `posts_text` (`title`,`content`),\n"
    "  CONSTRAINT `posts_author` FOREIGN KEY (`authorId`) REFERENCES `users` (`id`)\n)",
)
PARTED = (
    "PARTITION BY RANGE COLUMNS (createdAt) (PARTITION p2026q1 VALUES LESS THAN ('2026-04-01'),"
    " PARTITION pmax VALUES LESS THAN (MAXVALUE))"
)


def followed(quarters: list[Quarter]) -> bool:
    """Whether each is the one after the one before it."""
    return all(one.plus(1) == two for one, two in pairwise(quarters))


@pytest.mark.parametrize(
    ("day", "definition"),
    [
        (date(2026, 1, 1), "PARTITION p2026q1 VALUES LESS THAN ('2026-04-01')"),
        (date(2026, 3, 31), "PARTITION p2026q1 VALUES LESS THAN ('2026-04-01')"),
        (date(2026, 4, 1), "PARTITION p2026q2 VALUES LESS THAN ('2026-07-01')"),
        (date(2026, 12, 31), "PARTITION p2026q4 VALUES LESS THAN ('2027-01-01')"),
    ],
)
def test_a_quarter_takes_its_three_months(day: date, definition: str):
    assert quarter_of(day).definition == definition


@given(DAYS)
def test_a_day_is_before_the_end_of_its_quarter_and_not_of_the_one_before(day: date):
    assert quarter_of(day).plus(-1).end <= day < quarter_of(day).end


@given(DAYS, st.integers(-99, 99), st.integers(-99, 99))
def test_quarters_add_up(day: date, one: int, two: int):
    assert quarter_of(day).plus(one).plus(two) == quarter_of(day).plus(one + two)


@given(today=DAYS, oldest=DAYS)
def test_a_new_table_has_quarters_in_a_row_up_to_two_ahead(today: date, oldest: date):
    found = first_quarters(today, oldest)

    assert followed(found)
    assert found[-1] == quarter_of(today).plus(AHEAD)
    assert found[0] <= quarter_of(today)


@given(today=DAYS, oldest=DAYS)
def test_only_so_many_quarters_of_old_rows_are_kept_apart(today: date, oldest: date):
    found = first_quarters(today, oldest)

    assert len(found) <= APART + AHEAD
    assert found[0] == quarter_of(oldest) or len(found) in (APART + AHEAD, 1 + AHEAD)


@given(today=DAYS, before=DAYS)
def test_what_is_added_goes_on_where_the_partitions_end(today: date, before: date):
    kept = first_quarters(before, before)

    added = missing_quarters(today, kept[-1].end)

    assert followed([*kept, *added])
    assert [*kept, *added][-1] >= quarter_of(today).plus(AHEAD)


@given(today=DAYS, before=DAYS)
def test_what_was_added_is_not_missing_any_more(today: date, before: date):
    kept = first_quarters(before, before)
    whole = [*kept, *missing_quarters(today, kept[-1].end)]

    assert missing_quarters(today, whole[-1].end) == []


@given(DAYS, st.integers(0, 27))
def test_the_upkeep_of_every_month_leaves_no_row_to_the_last_partition(start: date, late: int):
    today, end = start, first_quarters(start, start)[-1].end
    for _ in range(24):
        today += timedelta(days=31 + late)
        assert today < end
        for quarter in missing_quarters(today, end):
            end = quarter.end


@given(today=DAYS, end=DAYS)
def test_an_end_that_is_no_quarters_own_is_gone_on_from(today: date, end: date):
    added = missing_quarters(today, end)

    assert all(quarter.end > end for quarter in added)
    assert followed(added)


def test_what_a_partitioned_table_cannot_have_goes_before_it_is_partitioned():
    assert to_partition(TIED, [Quarter(2026, 1)]) == [
        "ALTER TABLE posts DROP FOREIGN KEY `posts_author`, DROP INDEX `posts_text`",
        f"ALTER TABLE posts DROP PRIMARY KEY, ADD PRIMARY KEY (id, createdAt) {PARTED}",
    ]


def test_a_key_that_parts_the_rows_already_stays():
    keyed = PLAIN.replace("(`id`)", "(`id`,`createdAt`)")

    assert to_partition(keyed, [Quarter(2026, 1)]) == [f"ALTER TABLE posts {PARTED}"]


def test_another_unique_key_is_refused():
    unique = PLAIN.replace("  KEY `posts_created`", "  UNIQUE KEY `slug` (`slug`),\n  KEY `p`")

    with pytest.raises(ValueError, match="the unique key `slug` lacks createdAt"):
        to_partition(unique, [])


def test_quarters_are_cut_from_the_last_partition():
    (statement,) = to_add([Quarter(2026, 1)])

    assert statement == (
        "ALTER TABLE posts REORGANIZE PARTITION pmax INTO"
        " (PARTITION p2026q1 VALUES LESS THAN ('2026-04-01'),"
        " PARTITION pmax VALUES LESS THAN (MAXVALUE))"
    )


def test_nothing_is_cut_for_no_quarter():
    assert to_add([]) == []
