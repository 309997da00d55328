"""Migrations that are refused, or fail, leave a real database as it was."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import StartJob
from daemons import Daemon, MariaDb
from packages import APP_IMAGE, packages

pytestmark = pytest.mark.local

ADD = "-- phase: expand\nALTER TABLE posts ADD COLUMN slug VARCHAR(200) NULL, ALGORITHM=INSTANT"
DROP = """-- phase: contract
-- needs: 2
ALTER TABLE posts DROP COLUMN content, ALGORITHM=INSTANT"""


@pytest.fixture
def image(tmp_path: Path) -> Callable[..., str]:
    """The PYTHONPATH of an image with more migrations, by the name's stem."""

    def make(**files: str) -> str:
        source = tmp_path / f"image-{len(list(tmp_path.glob('image-*')))}"
        shutil.copytree(APP_IMAGE / "task1", source / "task1")
        for stem, text in files.items():
            (source / "task1" / "migrations" / f"{stem}.sql").write_text(text)
        return f"{packages()}:{source}"

    return make


def told(job: Daemon) -> dict[str, Any]:
    """The last line of the Job's log."""
    return json.loads(job.log.read_text().splitlines()[-1])


def everything(mariadb: MariaDb, database: str) -> list[list[str]]:
    """Schema, rows and ledger of a database, and the users of the server."""
    statements = [
        f"SHOW CREATE TABLE {database}.posts",
        f"SELECT * FROM {database}.posts",
        f"SELECT * FROM {database}.schema_migrations",
        "SELECT user, authentication_string FROM mysql.user",
    ]
    return [row for statement in statements for row in mariadb.sql(statement)]


@pytest.fixture
def posts(database: str, mariadb: MariaDb) -> str:
    """A database of level 2 with a post in it."""
    mariadb.sql(
        f"INSERT INTO {database}.posts (title, content, createdAt, updatedAt)"
        " VALUES ('kept', 'c', NOW(3), NOW(3))"
    )
    return database


def test_an_expand_migration_is_applied_under_the_live_version(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    wider = image(**{"0003_slug": ADD})

    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=wider, MIGRATION_FLOOR="2").wait()

    assert code == 0
    assert mariadb.sql(f"SELECT title, slug FROM {posts}.posts") == [["kept", "NULL"]]


def test_a_contract_migration_is_applied_once_all_that_may_serve_can_do_without(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    narrower = image(**{"0003_drop": DROP})

    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=narrower, MIGRATION_FLOOR="2").wait()

    assert code == 0
    assert mariadb.sql(f"SELECT needs FROM {posts}.schema_migrations") == [
        ["NULL"],
        ["NULL"],
        ["2"],
    ]


def test_a_contract_migration_is_refused_while_an_older_version_may_come_back(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    narrower = image(**{"0003_slug": ADD, "0004_drop": DROP})
    before = everything(mariadb, posts)

    url = mariadb.url(posts, password="another")
    refused = job(DATABASE_URL=url, PYTHONPATH=narrower, MIGRATION_FLOOR="1")

    assert refused.wait() == 65
    assert told(refused) == {
        "time": told(refused)["time"],
        "event": "migration-refused",
        "file": "0004_drop.sql",
        "line": 2,
        "reason": "the version that may come back has level 1, below 2",
        "way_out": "release an image of level 2 first, without this file",
    }
    assert everything(mariadb, posts) == before


def test_a_first_deployment_has_nothing_that_could_come_back(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb
):
    url = mariadb.url("task1_first")

    code = job(DATABASE_URL=url, PYTHONPATH=image(**{"0003_drop": DROP})).wait()

    assert code == 0


def test_all_files_are_checked_before_the_database_is_asked(
    job: StartJob, image: Callable[..., str]
):
    unsound = image(**{"0003_slug": ADD, "0004_gone": "-- phase: expand\n\nDROP TABLE posts"})

    # Nothing listens there.
    refused = job(DATABASE_URL="mysql://app:word@127.77.0.1:1/task1_db", PYTHONPATH=unsound)

    assert refused.wait() == 65
    assert (told(refused)["file"], told(refused)["line"]) == ("0004_gone.sql", 3)


def test_an_image_that_is_too_old_for_the_schema_is_refused(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    url = mariadb.url(posts)
    needs_three = DROP.replace("needs: 2", "needs: 3")
    job(DATABASE_URL=url, PYTHONPATH=image(**{"0003_slug": ADD, "0004_drop": needs_three})).wait()
    before = everything(mariadb, posts)

    refused = job(DATABASE_URL=url, MIGRATION_FLOOR="4")

    assert refused.wait() == 65
    assert told(refused)["file"] == "0004_drop.sql"
    assert told(refused)["way_out"] == "run an image of level 3 or higher"
    assert everything(mariadb, posts) == before


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE posts ADD COLUMN title INT, ALGORITHM=INSTANT",
        # The database would have to copy the table.
        "ALTER TABLE posts MODIFY title INT, ALGORITHM=INPLACE, LOCK=NONE",
        # The first row is changed before the second is refused.
        "UPDATE posts SET title = 'lost', authorId = IF(content = 'c', NULL, 7) LIMIT 10",
    ],
)
def test_a_statement_that_fails_leaves_data_and_ledger_unchanged(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str, statement: str
):
    mariadb.sql(
        f"INSERT INTO {posts}.posts (title, content, createdAt, updatedAt)"
        " VALUES ('second', 'd', NOW(3), NOW(3))"
    )
    before = everything(mariadb, posts)
    failing = image(**{"0003_fails": f"-- phase: contract\n-- needs: 2\n{statement}"})

    failed = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=failing)

    assert failed.wait() == 1
    assert told(failed)["event"] == "migration-failed"
    assert told(failed)["error"].startswith("0003_fails.sql: the database says (1")
    assert everything(mariadb, posts) == before


@pytest.mark.parametrize(
    "killed_after",
    ["SELECT 1", "ALTER TABLE posts ADD COLUMN slug VARCHAR(200) NULL, ALGORITHM=INSTANT"],
)
def test_a_job_that_was_killed_before_or_after_its_statement_is_made_good_by_the_next(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str, killed_after: str
):
    begun = "INSERT INTO schema_migrations VALUES ('0003_slug.sql', NULL, NULL)"
    mariadb.sql(f"USE {posts}; {begun}; {killed_after}")

    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0003_slug": ADD})).wait()

    assert code == 0
    assert mariadb.sql(f"SELECT slug FROM {posts}.posts") == [["NULL"]]
    assert mariadb.sql(
        f"SELECT COUNT(*) FROM {posts}.schema_migrations WHERE appliedAt IS NOT NULL"
    ) == [["3"]]


def test_a_second_attempt_that_fails_does_not_forget_the_first(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    begun = "INSERT INTO schema_migrations VALUES ('0003_slug.sql', NULL, NULL)"
    mariadb.sql(f"USE {posts}; {begun}; ALTER TABLE posts ADD COLUMN slug VARCHAR(200) NULL")
    unsound = image(**{"0003_slug": ADD.replace("posts", "absent")})

    first = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=unsound).wait()
    second = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0003_slug": ADD})).wait()

    assert (first, second) == (1, 0)


def test_rows_are_changed_and_noted_as_one(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    mariadb.sql(
        f"USE {posts}; CREATE TRIGGER no_note BEFORE UPDATE ON schema_migrations"
        " FOR EACH ROW SIGNAL SQLSTATE '45000'"
    )
    insert = "INSERT INTO users (email, name, createdAt) VALUES ('a@b', 'a', NOW(3))"

    filled = image(**{"0003_user": f"-- phase: expand\n{insert}"})
    code = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=filled).wait()

    assert code == 1
    assert mariadb.sql(f"SELECT * FROM {posts}.users") == []


def test_a_change_that_someone_else_made_is_not_taken_for_the_migrations(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    mariadb.sql(f"ALTER TABLE {posts}.posts ADD COLUMN slug INT")

    failed = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0003_slug": ADD}))

    assert failed.wait() == 1
    assert "Duplicate column name" in told(failed)["error"]


def test_a_table_in_use_is_not_waited_for_longer_than_a_request_would(
    job: StartJob, image: Callable[..., str], mariadb: MariaDb, posts: str
):
    with mariadb.locked(f"{posts}.posts", "READ"):
        failed = job(DATABASE_URL=mariadb.url(posts), PYTHONPATH=image(**{"0003_slug": ADD}))

        assert failed.wait() == 1
    assert told(failed)["error"].startswith("0003_slug.sql: ")
    assert "Lock wait timeout exceeded" in told(failed)["error"]


@pytest.mark.parametrize("floor", ["-1", "10000", "1.5", "two"])
def test_a_floor_that_is_no_level_ends_the_job_with_78(job: StartJob, floor: str):
    failed = job(DATABASE_URL="mysql://app:word@db/task1_db", MIGRATION_FLOOR=floor)

    assert failed.wait() == 78
    assert f"MIGRATION_FLOOR: '{floor}' is no whole number from 0 to 9999" in failed.log.read_text()
