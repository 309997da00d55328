"""Quarters of a year as partitions of `posts`: which there should be, and the SQL. Pure."""

import re
from collections.abc import Sequence
from datetime import date

import msgspec

AHEAD = 2
"""Quarters after the present one that have their partition before a row needs it."""
APART = 12
"""Quarters, up to the present one, that get a partition of their own when a table is first
partitioned; older rows share the first. A look-up by id alone visits every partition."""
LAST = "pmax"
"""Takes what no quarter takes; empty while the upkeep runs."""

_NOT_PARTITIONED = (
    ("DROP FOREIGN KEY", re.compile(r"^\s*CONSTRAINT (`\w+`) FOREIGN KEY", re.MULTILINE)),
    ("DROP INDEX", re.compile(r"^\s*FULLTEXT KEY (`\w+`)", re.MULTILINE)),
)
"""What MySQL has on no partitioned table (MySQL 8.0 Reference Manual, "Restrictions and
Limitations on Partitioning"), as SHOW CREATE TABLE writes it."""
_KEY = re.compile(r"^\s*(?:PRIMARY|UNIQUE) KEY (`\w+` )?\(([^)]*)\)", re.MULTILINE)


class Quarter(msgspec.Struct, frozen=True, order=True):
    """Three months."""

    year: int
    number: int
    """From 1 to 4."""

    @property
    def end(self) -> date:
        """The first day after it."""
        after = self.plus(1)
        return date(after.year, 3 * after.number - 2, 1)

    @property
    def definition(self) -> str:
        """Its partition: all that is before its end, and in none before it."""
        return f"PARTITION p{self.year}q{self.number} VALUES LESS THAN ('{self.end}')"

    def plus(self, quarters: int) -> "Quarter":
        """The one that is so many later, or earlier."""
        year, number = divmod(4 * self.year + self.number - 1 + quarters, 4)
        return Quarter(year, number + 1)


def quarter_of(day: date) -> Quarter:
    """The one that the day is in."""
    return Quarter(day.year, (day.month + 2) // 3)


def first_quarters(today: date, oldest: date) -> list[Quarter]:
    """Those that a table whose oldest row is of the day `oldest` is divided into."""
    present = quarter_of(today)
    first = min(max(quarter_of(oldest), present.plus(1 - APART)), present)
    return _row(first, present)


def missing_quarters(today: date, end: date) -> list[Quarter]:
    """Those that a table lacks whose partitions take what is before `end`."""
    return _row(quarter_of(end), quarter_of(today))


def to_partition(definition: str, quarters: Sequence[Quarter]) -> list[str]:
    """The statements that partition `posts`, of which SHOW CREATE TABLE gives `definition`.

    Raises `ValueError` for a unique key that no partitioned table can keep.
    """
    drops = [
        f"{drop} {name}" for drop, what in _NOT_PARTITIONED for name in what.findall(definition)
    ]
    keys = ""
    for name, columns in _KEY.findall(definition):
        if "`createdAt`" in columns:
            continue
        if name:
            raise ValueError(f"the unique key {name.strip()} lacks createdAt, which parts the rows")
        keys = "DROP PRIMARY KEY, ADD PRIMARY KEY (id, createdAt) "
    statements = [f"ALTER TABLE posts {', '.join(drops)}"] if drops else []
    # One statement, so that the table is copied once.
    statements.append(
        f"ALTER TABLE posts {keys}PARTITION BY RANGE COLUMNS (createdAt) ({_definitions(quarters)})"
    )
    return statements


def to_add(quarters: Sequence[Quarter]) -> list[str]:
    """The statement that gives the last partition's rows to these quarters; none for none."""
    if not quarters:
        return []
    return [f"ALTER TABLE posts REORGANIZE PARTITION {LAST} INTO ({_definitions(quarters)})"]


def _row(first: Quarter, present: Quarter) -> list[Quarter]:
    """From the first to so many ahead as there should be."""
    found: list[Quarter] = []
    while first <= present.plus(AHEAD):
        found.append(first)
        first = first.plus(1)
    return found


def _definitions(quarters: Sequence[Quarter]) -> str:
    last = f"PARTITION {LAST} VALUES LESS THAN (MAXVALUE)"
    return ", ".join([*(quarter.definition for quarter in quarters), last])
