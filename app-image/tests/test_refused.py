"""Migrations that are refused, or fail, leave a real database as it was."""

import json
from typing import Any

import pytest

from conftest import BuildImage, StartJob
from daemons import Daemon, MariaDb

pytestmark = pytest.mark.local

ADD = ("ALTER TABLE users ADD COLUMN slug VARCHAR(200) NULL, ALGORITHM=INSTANT", None)
DROP = ("ALTER TABLE users DROP COLUMN name, ALGORITHM=INSTANT", 3)


def told(job: Daemon) -> dict[str, Any]:
    """The last line of the Job's log."""
    return json.loads(job.log.read_text().splitlines()[-1])


def everything(mariadb: MariaDb, database: str) -> list[list[str]]:
    """Schema, rows and ledger of a database, and the users of the server."""
    statements = [
        f"SHOW CREATE TABLE {database}.users",
        f"SHOW CREATE TABLE {database}.posts",
        f"SELECT * FROM {database}.posts",
        f"SELECT * FROM {database}.migrations_begun",
        f"SELECT * FROM {database}.alembic_version",
        "SELECT user, authentication_string FROM mysql.user",
    ]
    return [row for statement in statements for row in mariadb.sql(statement)]


def test_an_expand_migration_is_applied_under_the_live_version(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    wider = image(**{"0004_slug": ADD})

    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=wider, MIGRATION_FLOOR="3").wait()

    assert code == 0
    assert mariadb.sql(f"SELECT name, slug FROM {posts}.users WHERE id = 1") == [["Ada", "NULL"]]
    assert mariadb.sql(f"SELECT title FROM {posts}.posts") == [["kept"]]


def test_a_contract_migration_is_applied_once_all_that_may_serve_can_do_without(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    narrower = image(**{"0004_drop": DROP})

    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=narrower, MIGRATION_FLOOR="3").wait()

    assert code == 0
    assert mariadb.sql(f"SELECT revision FROM {posts}.migrations_begun WHERE needs = 3") == [
        ["0004_drop"]
    ]
    assert mariadb.sql(f"SELECT * FROM {posts}.alembic_version") == [["0004_drop"]]


def test_a_contract_migration_is_refused_while_an_older_version_may_come_back(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    narrower = image(**{"0004_slug": ADD, "0005_drop": DROP})
    before = everything(mariadb, posts)

    url = mariadb.url(posts, password="another")
    refused = job(DATABASE_URL=url, PYTHONPATH=narrower, MIGRATION_FLOOR="2")

    assert refused.wait() == 65
    assert told(refused) == {
        "time": told(refused)["time"],
        "service": "backend-api",
        "event": "migration-refused",
        "file": "0005_drop.py",
        "line": 5,
        "reason": "the version that may come back has level 2, below 3",
        "way_out": "release an image of level 3 first, without this file",
    }
    assert everything(mariadb, posts) == before


def test_a_first_deployment_has_nothing_that_could_come_back(
    job: StartJob, image: BuildImage, mariadb: MariaDb
):
    url = mariadb.url("task1_first")

    code = job(DATABASE_URL=url, PYTHONPATH=image(**{"0004_drop": DROP})).wait()

    assert code == 0


def test_all_files_are_checked_before_the_database_is_asked(job: StartJob, image: BuildImage):
    unsound = image(**{"0004_slug": ADD, "0005_gone": ("\n\nDROP TABLE posts", None)})

    # Nothing listens there.
    refused = job(DATABASE_URL="mysql://app:word@127.77.0.1:1/task1_db", PYTHONPATH=unsound)

    assert refused.wait() == 65
    assert (told(refused)["file"], told(refused)["line"]) == ("0005_gone.py", 9)


def test_an_image_that_is_too_old_for_the_schema_is_refused(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    url = mariadb.url(posts)
    newer = image(**{"0004_slug": ADD, "0005_drop": (DROP[0], 4)})
    job(DATABASE_URL=url, PYTHONPATH=newer).wait()
    before = everything(mariadb, posts)

    refused = job(DATABASE_URL=url, MIGRATION_FLOOR="5")

    assert refused.wait() == 65
    assert told(refused)["file"] == "0005_drop.py"
    assert told(refused)["way_out"] == "run an image of level 4 or higher"
    assert everything(mariadb, posts) == before


def test_an_older_image_comes_back_on_a_schema_that_was_only_widened(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    url = mariadb.url(posts)
    job(DATABASE_URL=url, PYTHONPATH=image(**{"0004_slug": ADD})).wait()
    before = everything(mariadb, posts)

    code = job(DATABASE_URL=url, MIGRATION_FLOOR="4").wait()

    assert code == 0
    assert everything(mariadb, posts) == before


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE users ADD COLUMN name INT, ALGORITHM=INSTANT",
        # Nor can it add a column beside a full-text index without locking the table.
        "ALTER TABLE posts ADD COLUMN slug INT, ALGORITHM=INSTANT",
        "ALTER TABLE posts ADD COLUMN slug INT, ALGORITHM=INPLACE, LOCK=NONE",
        # The database would have to copy the table.
        "ALTER TABLE posts MODIFY title INT, ALGORITHM=INPLACE, LOCK=NONE",
        # The first row is changed before the second is refused.
        "UPDATE posts SET title = 'lost', authorId = IF(content = 'c', NULL, 7) LIMIT 10",
    ],
)
def test_a_statement_that_fails_leaves_data_and_ledger_unchanged(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str, statement: str
):
    mariadb.sql(
        f"INSERT INTO {posts}.posts (title, content, createdAt, updatedAt)"
        " VALUES ('second', 'd', NOW(3), NOW(3))"
    )
    before = everything(mariadb, posts)
    failing = image(**{"0004_fails": (statement, 3)})

    failed = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=failing)

    assert failed.wait() == 1
    assert told(failed)["event"] == "migration-failed"
    assert told(failed)["error"].startswith("0004_fails.py: the database says (1")
    assert everything(mariadb, posts) == before


def test_rows_are_changed_and_noted_as_one(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    mariadb.sql(
        f"USE {posts}; CREATE TRIGGER no_note BEFORE UPDATE ON alembic_version"
        " FOR EACH ROW SIGNAL SQLSTATE '45000'"
    )
    insert = (
        "INSERT INTO users (email, name, passwordHash, createdAt) VALUES ('a@b', 'a', '', NOW(3))"
    )

    filled = image(**{"0004_user": (insert, None)})
    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=filled).wait()

    assert code == 1
    assert mariadb.sql(f"SELECT * FROM {posts}.users WHERE email = 'a@b'") == []


def test_a_change_that_someone_else_made_is_not_taken_for_the_migrations(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    mariadb.sql(f"ALTER TABLE {posts}.users ADD COLUMN slug INT")

    failed = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0004_slug": ADD}))

    assert failed.wait() == 1
    assert "Duplicate column name" in told(failed)["error"]


def test_a_table_in_use_is_not_waited_for_longer_than_a_request_would(
    job: StartJob, image: BuildImage, mariadb: MariaDb, posts: str
):
    with mariadb.locked(f"{posts}.users", "READ"):
        failed = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0004_slug": ADD}))

        assert failed.wait() == 1
    assert told(failed)["error"].startswith("0004_slug.py: ")
    assert "Lock wait timeout exceeded" in told(failed)["error"]


@pytest.mark.parametrize("floor", ["-1", "10000", "1.5", "two"])
def test_a_floor_that_is_no_level_ends_the_job_with_78(job: StartJob, floor: str):
    failed = job(DATABASE_URL="mysql://app:word@db/task1_db", MIGRATION_FLOOR=floor)

    assert failed.wait() == 78
    assert f"MIGRATION_FLOOR: '{floor}' is no whole number from 0 to 9999" in failed.log.read_text()
