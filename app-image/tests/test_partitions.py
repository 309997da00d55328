"""`posts` in quarters, on a real database: made once, kept up every night."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from api_process import MASTER
from conftest import StartJob
from daemons import Certificates, Daemon, MariaDb
from task1.partitions import enable
from task1.quarters import AHEAD, quarter_of
from task1.urls import database_url

pytestmark = pytest.mark.local

LIST = "SELECT p.id FROM posts p FORCE INDEX ({index}) WHERE"
NEWEST = "ORDER BY p.createdAt DESC, p.id DESC LIMIT 21"
AFTER = "p.createdAt <= '{0}' AND IF(p.createdAt = '{0}', p.id < 500, TRUE)"


def run(job: StartJob, work: str, url: str) -> Daemon:
    done = job(run=("-m", "task1.partitions", work), DATABASE_URL=url)
    done.wait()
    return done


def exit_code(done: Daemon) -> int:
    assert done.process is not None
    return done.process.returncode


def told(done: Daemon, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in done.log.read_text().splitlines()]
    return [line for line in lines if line["event"] == event]


def definition(mariadb: MariaDb, database: str) -> str:
    """As SHOW CREATE TABLE gives it, with its newlines."""
    return mariadb.sql(f"SHOW CREATE TABLE {database}.posts")[0][1].replace("\\n", "\n")


def partitions(mariadb: MariaDb, database: str) -> list[str]:
    return re.findall(r"PARTITION `(\w+)` VALUES", definition(mariadb, database))


def post(mariadb: MariaDb, database: str, moment: str, author: str = "NULL") -> None:
    mariadb.sql(
        f"INSERT INTO {database}.posts (title, content, authorId, createdAt, updatedAt)"
        f" VALUES ('t', 'c', {author}, '{moment}', '{moment}')"
    )


def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def filled(mariadb: MariaDb, database: str) -> str:
    """A database with 1,000 posts of one author, from 2020 on; every other one published."""
    mariadb.sql(
        f"USE {database};"
        " INSERT INTO posts (title, content, authorId, status, createdAt, updatedAt)"
        " SELECT 't', 'c', 1, IF(seq % 2, 'draft', 'published'),"
        " TIMESTAMPADD(HOUR, seq * 48, '2020-01-01'), NOW(3) FROM seq_1_to_1000"
    )
    return database


@pytest.fixture
def parted(
    mariadb: MariaDb, certificates: Certificates, filled: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The same with its posts in quarters."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    enable(database_url(mariadb.url(filled)), MASTER)
    return filled


def test_a_table_keeps_its_rows(mariadb: MariaDb, parted: str):
    assert mariadb.sql(f"SELECT COUNT(*), MIN(id), MAX(id) FROM {parted}.posts") == [
        ["1000", "1", "1000"]
    ]


def test_every_quarter_up_to_two_ahead_has_its_partition(mariadb: MariaDb, parted: str):
    ahead = quarter_of(today()).plus(AHEAD)

    names = partitions(mariadb, parted)

    assert names[-2:] == [f"p{ahead.year}q{ahead.number}", "pmax"]


def test_nothing_is_left_that_mysql_has_on_no_partitioned_table(mariadb: MariaDb, parted: str):
    # From the text: MariaDB takes FULLTEXT on a partitioned table, MySQL does not.
    text = definition(mariadb, parted)

    assert "FOREIGN KEY" not in text
    assert "FULLTEXT" not in text
    keys = re.findall(r"(?:PRIMARY|UNIQUE) KEY .*", text)
    assert keys == ["PRIMARY KEY (`id`,`createdAt`),"]


def test_the_indexes_of_the_lists_stay(mariadb: MariaDb, parted: str):
    names = re.findall(r"^\s*KEY `(\w+)`", definition(mariadb, parted), re.MULTILINE)

    assert names == ["posts_newest", "posts_of_author", "posts_created"]


def test_what_will_be_run_is_told_before_it_is(job: StartJob, mariadb: MariaDb, filled: str):
    done = run(job, "enable", mariadb.url(filled))

    events = [json.loads(line)["event"] for line in done.log.read_text().splitlines()]
    assert events == ["partitions-planned"] * 2 + ["partitions-changed"] * 2
    assert told(done, "partitions-planned")[0]["statement"] == (
        "ALTER TABLE posts DROP FOREIGN KEY `posts_author`, DROP INDEX `posts_text`"
    )


def test_again_there_is_nothing_to_do(job: StartJob, mariadb: MariaDb, parted: str):
    before = definition(mariadb, parted)

    again = run(job, "enable", mariadb.url(parted))

    assert exit_code(again) == 0
    assert told(again, "partitions-stand")
    assert definition(mariadb, parted) == before


def test_one_that_was_killed_between_its_statements_is_gone_on_with(
    job: StartJob, mariadb: MariaDb, filled: str
):
    mariadb.sql(f"ALTER TABLE {filled}.posts DROP FOREIGN KEY posts_author")

    done = run(job, "enable", mariadb.url(filled))

    assert exit_code(done) == 0
    assert partitions(mariadb, filled)


def test_an_empty_table_begins_with_the_present_quarter(
    job: StartJob, mariadb: MariaDb, database: str
):
    run(job, "enable", mariadb.url(database))

    present = quarter_of(today())
    assert partitions(mariadb, database)[0] == f"p{present.year}q{present.number}"


def test_a_unique_key_of_its_own_is_refused_before_anything_is_changed(
    job: StartJob, mariadb: MariaDb, database: str
):
    mariadb.sql(f"ALTER TABLE {database}.posts ADD UNIQUE KEY one_title (title)")
    before = definition(mariadb, database)

    refused = run(job, "enable", mariadb.url(database))

    assert exit_code(refused) == 1
    (failure,) = told(refused, "partitions-failed")
    assert failure["error"] == (
        "the unique key `one_title` lacks createdAt, which parts the rows;"
        " drop it by a contract migration first"
    )
    assert definition(mariadb, database) == before


@pytest.mark.parametrize(
    ("index", "where"),
    [
        ("posts_newest", "p.status = 'published'"),
        ("posts_newest", "p.status = 'published' AND " + AFTER),
        ("posts_of_author", "p.status = 'published' AND p.authorId = 1"),
        ("posts_of_author", "p.status = 'published' AND p.authorId = 1 AND " + AFTER),
    ],
)
def test_lists_are_read_in_index_order(mariadb: MariaDb, parted: str, index: str, where: str):
    mariadb.sql(f"ANALYZE TABLE {parted}.posts")
    moment = mariadb.sql(f"SELECT createdAt FROM {parted}.posts WHERE id = 500")[0][0]

    select = f"{LIST.format(index=index)} {where.format(moment)} {NEWEST}"
    plan = mariadb.sql(f"USE {parted}; EXPLAIN PARTITIONS {select}")[0]

    assert index in plan
    assert "filesort" not in " ".join(plan)
    assert "temporary" not in " ".join(plan)


def test_a_page_that_goes_on_reads_no_quarter_after_its_place(mariadb: MariaDb, parted: str):
    mariadb.sql(f"ANALYZE TABLE {parted}.posts")
    where = "p.status = 'published' AND " + AFTER.format("2020-05-05")

    plan = mariadb.sql(
        f"USE {parted}; EXPLAIN PARTITIONS {LIST.format(index='posts_newest')} {where} {NEWEST}"
    )[0]

    assert partitions(mariadb, parted)[0] in plan


def test_pages_one_after_the_other_hold_each_post_once(mariadb: MariaDb, parted: str):
    published = mariadb.sql(f"SELECT id FROM {parted}.posts WHERE status = 'published'")
    seen: list[str] = []
    after = "1 = 1"
    select = LIST.format(index="posts_newest").replace("p.id", "p.id, p.createdAt", 1)
    while True:
        page = mariadb.sql(f"USE {parted}; {select} p.status = 'published' AND {after} {NEWEST}")
        seen += [row[0] for row in page]
        if len(page) < 21:
            break
        last, moment = page[-1]
        after = f"p.createdAt <= '{moment}' AND IF(p.createdAt = '{moment}', p.id < {last}, TRUE)"

    assert seen == sorted((row[0] for row in published), key=int, reverse=True)


def test_the_upkeep_leaves_a_table_alone_that_is_not_partitioned(
    job: StartJob, mariadb: MariaDb, database: str
):
    before = definition(mariadb, database)

    done = run(job, "keep", mariadb.url(database))

    assert exit_code(done) == 0
    assert told(done, "not-partitioned")
    assert definition(mariadb, database) == before


def test_the_upkeep_adds_the_quarters_that_are_missing(
    job: StartJob, mariadb: MariaDb, parted: str
):
    whole = partitions(mariadb, parted)
    mariadb.sql(f"ALTER TABLE {parted}.posts DROP PARTITION {whole[-2]}, {whole[-3]}")

    done = run(job, "keep", mariadb.url(parted))

    assert exit_code(done) == 0
    assert partitions(mariadb, parted) == whole


def test_rows_in_the_last_partition_fail_the_upkeep(job: StartJob, mariadb: MariaDb, parted: str):
    post(mariadb, parted, "2999-01-01 00:00:00.000")
    before = definition(mariadb, parted)

    failed = run(job, "keep", mariadb.url(parted))

    assert exit_code(failed) == 1
    (failure,) = told(failed, "partitions-failed")
    assert failure["error"].startswith(
        "1 posts, of 2999-01-01 00:00:00 to 2999-01-01 00:00:00, are later than every quarter"
    )
    assert definition(mariadb, parted) == before


def test_rows_that_came_too_early_get_their_quarter_in_a_maintenance_window(
    job: StartJob, mariadb: MariaDb, parted: str
):
    whole = partitions(mariadb, parted)
    mariadb.sql(f"ALTER TABLE {parted}.posts DROP PARTITION {whole[-2]}, {whole[-3]}, {whole[-4]}")
    post(mariadb, parted, f"{today()} 00:00:00.000")

    codes = [exit_code(run(job, work, mariadb.url(parted))) for work in ("keep", "enable", "keep")]

    assert codes == [1, 0, 0]
    assert partitions(mariadb, parted) == whole


def test_posts_whose_author_is_gone_are_counted(job: StartJob, mariadb: MariaDb, parted: str):
    post(mariadb, parted, "2020-01-01 00:00:00.000", author="77")
    post(mariadb, parted, "2020-01-01 00:00:00.000")

    done = run(job, "keep", mariadb.url(parted))

    assert exit_code(done) == 0
    assert told(done, "orphans-counted")[0]["posts"] == 1


def test_a_table_that_is_partitioned_otherwise_is_left_alone(
    job: StartJob, mariadb: MariaDb, database: str
):
    mariadb.sql(
        f"USE {database}; ALTER TABLE posts DROP FOREIGN KEY posts_author;"
        " ALTER TABLE posts PARTITION BY HASH (id) PARTITIONS 2"
    )

    failed = [exit_code(run(job, work, mariadb.url(database))) for work in ("enable", "keep")]

    assert failed == [1, 1]


def test_a_bad_environment_ends_it_with_78(job: StartJob):
    failed = run(job, "keep", "mysql://")

    assert exit_code(failed) == 78
    assert "DATABASE_URL: " in failed.log.read_text()
