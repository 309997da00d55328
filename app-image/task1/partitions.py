"""`python -m task1.partitions enable|keep`: `posts` in quarters, and their upkeep.

With the migration's environment and lock. `enable` is for a maintenance window, since it copies
the table; `keep` is for every night.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from task1.job import JobError, Task, alone, exit_code_of, master_of
from task1.log import log
from task1.quarters import LAST, first_quarters, missing_quarters, to_add, to_partition
from task1.secret import Login
from task1.urls import DatabaseUrl

TODAY = "SELECT UTC_DATE()"
"""By the clock that dates the posts."""
PARTITIONS = (
    "SELECT partition_name, partition_method, partition_expression, partition_description"
    " FROM information_schema.partitions"
    " WHERE table_schema = DATABASE() AND table_name = 'posts' AND partition_name IS NOT NULL"
    " ORDER BY partition_ordinal_position"
)
LATE = f"SELECT COUNT(*), MIN(createdAt), MAX(createdAt) FROM posts PARTITION ({LAST})"  # noqa: S608  # constants only
ORPHANS = (
    "SELECT COUNT(*) FROM posts LEFT JOIN users ON users.id = posts.authorId"
    " WHERE posts.authorId IS NOT NULL AND users.id IS NULL"
)


def enable(app: DatabaseUrl, master: Login) -> None:
    """Partition `posts`; a table that is so already gets the quarters that it lacks.

    Raises `JobError`, before anything is changed, where that can't be done.
    """
    with alone(app, master) as connection:
        connection.exec_driver_sql(f"USE `{app.name}`")
        today: date = connection.exec_driver_sql(TODAY).scalar_one()
        end = _end(connection)
        if end is not None:
            _run(connection, to_add(missing_quarters(today, end)))
            return
        definition: str = connection.exec_driver_sql("SHOW CREATE TABLE posts").one()[1]
        oldest: datetime | None = connection.exec_driver_sql(
            "SELECT MIN(createdAt) FROM posts"
        ).scalar_one()
        quarters = first_quarters(today, oldest.date() if oldest else today)
        try:
            statements = to_partition(definition, quarters)
        except ValueError as error:
            raise JobError(f"{error}; drop it by a contract migration first") from error
        _run(connection, statements)


def keep(app: DatabaseUrl, master: Login) -> None:
    """Count posts whose author is gone, and add the quarters ahead.

    Raises `JobError` when the last partition has rows: a quarter more would copy them, and hold
    up who writes meanwhile.
    """
    with alone(app, master) as connection:
        connection.exec_driver_sql(f"USE `{app.name}`")
        end = _end(connection)
        if end is None:
            log("not-partitioned", table="posts")
            return
        # No foreign key keeps them together any more.
        log("orphans-counted", posts=connection.exec_driver_sql(ORPHANS).scalar_one())
        count, first, last = connection.exec_driver_sql(LATE).one()
        if count:
            raise JobError(
                f"{count} posts, of {first} to {last}, are later than every quarter, in {LAST}: "
                "correct createdAt where it is wrong, then run `python -m task1.partitions "
                "enable` in a maintenance window"
            )
        today: date = connection.exec_driver_sql(TODAY).scalar_one()
        _run(connection, to_add(missing_quarters(today, end)))


def _end(connection: Connection) -> date | None:
    """The first day that no quarter takes; none where `posts` is not partitioned."""
    rows = connection.exec_driver_sql(PARTITIONS).all()
    if not rows:
        return None
    *quarters, (last, _, _, bound) = rows
    ways = {(method, expression) for _, method, expression, _ in rows}
    ours = ways == {("RANGE COLUMNS", "`createdAt`")} and (last, bound) == (LAST, "MAXVALUE")
    if not ours or not quarters:
        raise JobError(
            f"posts is partitioned, but not by createdAt up to {LAST}: repartition it by hand, "
            "as docs/migrations.md shows it"
        )
    return date.fromisoformat(quarters[-1][3].strip("'")[:10])


def _run(connection: Connection, statements: Sequence[str]) -> None:
    """Say what will be run, then run it."""
    if not statements:
        log("partitions-stand")
    for statement in statements:
        log("partitions-planned", statement=statement)
    for statement in statements:
        started = time.monotonic()
        connection.exec_driver_sql(statement)
        log("partitions-changed", seconds=round(time.monotonic() - started, 2))


def main() -> int:
    """The exit code: 0 when it is done, 1 when it is not, 78 for bad settings."""
    parser = argparse.ArgumentParser(prog="python -m task1.partitions")
    parser.add_argument("work", choices=("enable", "keep"), help="enable copies the table once")
    work = {"enable": enable, "keep": keep}[parser.parse_args().work]

    def do(task: Task) -> None:
        work(task.app, master_of(task))

    return exit_code_of("partitions", do)


if __name__ == "__main__":
    sys.exit(main())
