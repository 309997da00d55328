"""Demo data on a real database: the same each time, and once."""

import json

import pytest
from argon2 import PasswordHasher

from conftest import StartJob
from daemons import Daemon, MariaDb

pytestmark = pytest.mark.local


def filled(job: StartJob, mariadb: MariaDb, database: str, *options: str) -> Daemon:
    done = job(run=("-m", "task1.demo", *options), DATABASE_URL=mariadb.url(database))
    assert done.wait() == 0, done.log.read_text()
    return done


def last_event(done: Daemon) -> dict[str, object]:
    return json.loads(done.log.read_text().splitlines()[-1])


def rows(mariadb: MariaDb, database: str) -> list[list[str]]:
    return mariadb.sql(
        f"USE {database}; SELECT title, content, status, p.createdAt, email FROM posts p"
        " JOIN users u ON u.id = authorId ORDER BY p.id"
    )


def counts(mariadb: MariaDb, database: str) -> list[str]:
    """Of demo users, and of posts."""
    return mariadb.sql(
        f"USE {database}; SELECT (SELECT COUNT(*) FROM users WHERE name LIKE 'Demo %'),"
        " (SELECT COUNT(*) FROM posts)"
    )[0]


def test_a_few_users_have_posts(job: StartJob, mariadb: MariaDb, database: str):
    done = filled(job, mariadb, database)

    assert counts(mariadb, database) == ["20", "200"]
    assert last_event(done)["event"] == "demo-ready"


def test_as_many_are_made_as_asked_for(job: StartJob, mariadb: MariaDb, database: str):
    done = filled(job, mariadb, database, "--users", "3", "--posts", "2500")

    assert counts(mariadb, database) == ["3", "2500"]
    lines = [json.loads(line) for line in done.log.read_text().splitlines()]
    assert [line["posts"] for line in lines[:-1]] == [1000, 2000, 2500]


def test_a_second_run_changes_nothing_and_says_so(job: StartJob, mariadb: MariaDb, database: str):
    filled(job, mariadb, database, "--posts", "10")
    before = rows(mariadb, database)

    again = filled(job, mariadb, database, "--posts", "20")

    assert rows(mariadb, database) == before
    assert (last_event(again)["event"], last_event(again)["users"]) == ("demo-there-already", 20)


def test_the_posts_are_the_same_on_every_machine(job: StartJob, mariadb: MariaDb, database: str):
    filled(job, mariadb, database, "--posts", "30")
    first = rows(mariadb, database)
    mariadb.sql(f"USE {database}; DELETE FROM posts; DELETE FROM users")

    filled(job, mariadb, database, "--posts", "30")

    assert rows(mariadb, database) == first
    assert len({row[0] for row in first}) > 25


def test_contents_are_of_about_390_characters(job: StartJob, mariadb: MariaDb, database: str):
    filled(job, mariadb, database)

    ((average,),) = mariadb.sql(f"SELECT AVG(CHAR_LENGTH(content)) FROM {database}.posts")

    assert 380 < float(average) < 400


def test_one_in_ten_is_a_draft(job: StartJob, mariadb: MariaDb, database: str):
    filled(job, mariadb, database)

    assert mariadb.sql(f"SELECT COUNT(*) FROM {database}.posts WHERE status = 'draft'") == [["20"]]


def test_a_given_password_is_everyones(job: StartJob, mariadb: MariaDb, database: str):
    filled(job, mariadb, database, "--users", "2", "--password", "correct horse")

    kept = mariadb.sql(f"SELECT passwordHash FROM {database}.users WHERE name LIKE 'Demo %'")

    assert [PasswordHasher().verify(row[0], "correct horse") for row in kept] == [True, True]


def test_no_password_is_known_without_one(job: StartJob, mariadb: MariaDb, database: str):
    done = filled(job, mariadb, database, "--users", "1")

    ((kept,),) = mariadb.sql(f"SELECT passwordHash FROM {database}.users WHERE name LIKE 'Demo %'")

    assert kept.startswith("$argon2id$")
    assert kept not in done.log.read_text()


def test_users_of_ones_own_are_no_demo_users(job: StartJob, mariadb: MariaDb, database: str):
    mariadb.sql(
        f"INSERT INTO {database}.users (email, name, passwordHash, createdAt)"
        " VALUES ('demo@example.com', 'a', '', NOW(3))"
    )

    filled(job, mariadb, database, "--users", "1", "--posts", "5")

    assert counts(mariadb, database) == ["1", "5"]
    assert {row[4] for row in rows(mariadb, database)} == {"demo-1@example.com"}


def test_half_of_it_is_never_there(job: StartJob, mariadb: MariaDb, database: str):
    # The third batch has later ones.
    mariadb.sql(f"ALTER TABLE {database}.posts ADD CHECK (createdAt < '2025-11-01')")

    failed = job(run=("-m", "task1.demo", "--posts", "3000"), DATABASE_URL=mariadb.url(database))

    assert failed.wait() == 1
    assert "CONSTRAINT" in str(last_event(failed)["error"])
    assert counts(mariadb, database) == ["0", "0"]


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3"])
def test_a_number_that_is_none_is_refused(
    job: StartJob, mariadb: MariaDb, database: str, number: str
):
    failed = job(run=("-m", "task1.demo", f"--posts={number}"), DATABASE_URL=mariadb.url(database))

    assert failed.wait() == 2
    assert f"'{number}' is no whole number from 1 to 100000000" in failed.log.read_text()


def test_a_bad_environment_ends_it_with_78(job: StartJob):
    failed = job(run=("-m", "task1.demo"), DATABASE_URL="mysql://")

    assert failed.wait() == 78
    assert "DATABASE_URL: " in failed.log.read_text()
