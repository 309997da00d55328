"""A migration's Job that is killed, or loses its connection, is made good by the next run."""

import json
import signal
from collections.abc import Callable

import pytest

from conftest import BuildImage, StartJob
from daemons import MariaDb, eventually

pytestmark = pytest.mark.local

ADD = ("ALTER TABLE users ADD COLUMN slug VARCHAR(200) NULL, ALGORITHM=INSTANT", None)
BEGUN = "INSERT INTO migrations_begun VALUES ('0004_slug', NULL, NOW(3))"
PATIENT = """
import sys, task1.job
task1.job.TABLE_LOCK_SECONDS = 60
from task1.migrate import main
sys.exit(main())
"""
"""The Job, but that it waits long enough for a table to be killed meanwhile."""


def is_waiting(mariadb: MariaDb) -> Callable[[], str]:
    """The id of the connection whose ALTER TABLE waits for its table; empty while there is none."""
    ask = (
        "SELECT id FROM information_schema.processlist"
        " WHERE info LIKE 'ALTER TABLE users%' AND state LIKE 'Waiting for table metadata lock%'"
    )
    return lambda: "".join(row[0] for row in mariadb.sql(ask))


def applied(mariadb: MariaDb, database: str) -> list[list[str]]:
    return mariadb.sql(f"SELECT version_num FROM {database}.alembic_version")


@pytest.mark.parametrize("killed_after", ["SELECT 1", ADD[0]])
def test_what_was_begun_is_made_whether_or_not_it_was_done(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str, killed_after: str
):
    mariadb.sql(f"USE {posts}; {BEGUN}; {killed_after}")

    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0004_slug": ADD})).wait()

    assert code == 0
    assert mariadb.sql(f"SELECT slug FROM {posts}.users WHERE id = 1") == [["NULL"]]
    assert applied(mariadb, posts) == [["0004_slug"]]


def test_a_job_that_is_killed_in_its_statement_is_made_good_by_the_next(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    wider = image(**{"0004_slug": ADD})
    with mariadb.locked(f"{posts}.users", "READ"):
        killed = job(run=("-c", PATIENT), DATABASE_URL=mariadb.url(posts), PYTHONPATH=wider)
        eventually(is_waiting(mariadb))
        killed.signal(signal.SIGKILL)
        killed.wait()
        before = applied(mariadb, posts)

    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=wider).wait()

    assert (before, code) == ([["0003_refresh_tokens"]], 0)
    assert applied(mariadb, posts) == [["0004_slug"]]
    assert mariadb.sql(f"SELECT slug FROM {posts}.users WHERE id = 1") == [["NULL"]]


def test_a_statement_whose_end_was_not_seen_stays_begun(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    wider = image(**{"0004_slug": ADD})
    with mariadb.locked(f"{posts}.users", "READ"):
        failed = job(run=("-c", PATIENT), DATABASE_URL=mariadb.url(posts), PYTHONPATH=wider)
        mariadb.sql(f"KILL {eventually(is_waiting(mariadb))}")
        code = failed.wait()

    assert code == 1
    assert "Lost connection" in json.loads(failed.log.read_text().splitlines()[-1])["error"]
    begun = f"SELECT revision FROM {posts}.migrations_begun WHERE revision LIKE '0004%'"
    assert mariadb.sql(begun) == [["0004_slug"]]


def test_a_second_attempt_that_fails_does_not_forget_the_first(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    mariadb.sql(f"USE {posts}; {BEGUN}; {ADD[0]}")
    unsound = image(**{"0004_slug": (ADD[0].replace("users", "absent"), None)})

    first = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=unsound).wait()
    second = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0004_slug": ADD})).wait()

    assert (first, second) == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = '0003_other'",
        "INSERT INTO alembic_version VALUES ('0002_posts')",
        "DROP TABLE migrations_begun",
    ],
)
def test_a_version_table_that_was_changed_by_hand_is_not_built_upon(
    job: StartJob, mariadb: MariaDb, posts: str, change: str
):
    mariadb.sql(f"USE {posts}; {change}")

    failed = job(DATABASE_URL=mariadb.url(posts))

    assert failed.wait() == 1
    assert "alembic_version was changed by hand" in failed.log.read_text()
