"""MariaDB in every bad state, seen by clients: hits go on, the rest is told to come again."""

import contextlib
import itertools
import signal
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymysql
import pytest
from test_faults_redis import cached, is_up, reads_posts

from api_process import AUTHOR, Api, Reply, token
from certificates import Certificates
from conftest import StartApi
from daemons import (
    ADDRESS,
    APP_PASSWORD,
    MASTER_PASSWORD,
    MariaDb,
    Redis,
    eventually,
    free_port,
)
from replication import Pair
from task1.pool import QUERY_SECONDS
from wire import connected, head

pytestmark = pytest.mark.local

COME_AGAIN = (503, "1")
NOBODY = 999


_limits = itertools.cycle(range(21, 101))


def missed(api: Api) -> Reply:
    """An answer that was not kept: each limit is another page."""
    return api.get(f"/api/posts?limit={next(_limits)}")


def told(reply: Reply) -> tuple[int, str | None]:
    return reply.status, reply.headers.get("retry-after")


@pytest.fixture
def pair_api(start_api: StartApi, pair: Pair, pair_database: str) -> Api:
    """On the pair's primary alone, with a list that is kept."""
    api = start_api(patient=True, DATABASE_URL=pair.primary.url(pair_database))
    eventually(lambda: is_up(api))
    cached(api)
    return api


def serves(api: Api) -> bool:
    """Whether everything works."""
    return missed(api).status == 200 and api.post("again").status == 201


def test_thirty_who_miss_a_locked_table_cost_one_query_and_two_seconds(
    patient_api: Api, mariadb: MariaDb, database: str
):
    hit = cached(patient_api)
    with mariadb.locked(f"{database}.posts"), ThreadPoolExecutor(30) as pool:
        asked = [pool.submit(patient_api.get, "/api/posts?limit=3") for _ in range(30)]
        eventually(lambda: reads_posts(mariadb, database))
        meanwhile = [patient_api.get(path).status for path in ("/api/posts", "/health", "/livez")]
        reading = mariadb.sql(
            f"SELECT id FROM information_schema.processlist WHERE db = '{database}'"
            " AND info LIKE '%FROM posts%'"
        )
        replies = [each.result() for each in asked]

    assert hit.status == 200
    assert meanwhile == [200] * 3
    assert len(reading) == 1
    assert {reply.status for reply in replies} == {504}
    assert patient_api.get("/api/posts?limit=3").status == 200


def test_a_page_is_made_and_kept_though_the_client_who_asked_has_left(
    patient_api: Api, mariadb: MariaDb, database: str
):
    cached(patient_api)
    with mariadb.locked(f"{database}.posts") as unlock:
        with connected(patient_api) as client:
            client.sendall(head("GET /api/posts?limit=4"))
            eventually(lambda: reads_posts(mariadb, database))
        # By then the server has seen the other one go.
        assert patient_api.get("/livez").status == 200
        unlock()
    eventually(lambda: not reads_posts(mariadb, database))

    assert patient_api.get("/api/posts?limit=4").headers["x-api-cache"] == "hit"


def test_a_killed_database_leaves_the_hits_and_is_used_again_after_its_restart(
    pair_api: Api, pair: Pair
):
    pair.primary.kill()
    hits = {pair_api.get("/api/posts").status for _ in range(20)}
    misses = {told(missed(pair_api)) for _ in range(20)}
    written = told(pair_api.post("lost"))
    health = pair_api.get("/health").status

    pair.primary.start()

    assert hits == {200}
    assert misses == {COME_AGAIN}
    assert written == COME_AGAIN
    assert health == 200
    assert eventually(lambda: serves(pair_api))


def test_a_frozen_database_leaves_the_hits_and_is_used_again_when_it_thaws(
    pair_api: Api, pair: Pair
):
    pair.primary.signal(signal.SIGSTOP)
    with ThreadPoolExecutor(20) as pool:
        misses = [pool.submit(missed, pair_api) for _ in range(20)]
        hits = {pair_api.get("/api/posts").status for _ in range(20)}
        statuses = {each.result().status for each in misses}
    later = eventually(lambda: told(missed(pair_api)) == COME_AGAIN, within=10 * QUERY_SECONDS)
    pair.primary.signal(signal.SIGCONT)

    assert hits == {200}
    assert statuses <= {503, 504}
    assert later
    assert eventually(lambda: serves(pair_api))


def test_a_writer_that_a_failover_made_read_only_is_told_and_left(pair_api: Api, pair: Pair):
    pair.primary.sql("SET GLOBAL read_only = 1")
    written = [told(pair_api.post("refused")) for _ in range(3)]
    read = missed(pair_api).status

    pair.primary.sql("SET GLOBAL read_only = 0")

    assert written == [COME_AGAIN] * 3
    assert read == 200
    assert eventually(lambda: serves(pair_api))


@contextlib.contextmanager
def full(server: MariaDb, certificates: Certificates) -> Iterator[None]:
    """All of the server's connections are somebody else's."""
    server.sql("SET GLOBAL max_connections = 10; KILL USER app")
    tls = ssl.create_default_context(cafile=str(certificates.authority))
    with contextlib.ExitStack() as others:
        with contextlib.suppress(pymysql.OperationalError):
            while True:
                connection = pymysql.connect(
                    host=ADDRESS,
                    port=server.port,
                    user="master",
                    password=MASTER_PASSWORD,
                    ssl=tls,
                )
                others.enter_context(connection)
        yield


def test_a_database_that_is_full_of_connections_is_told(
    pair_api: Api, pair: Pair, certificates: Certificates
):
    with full(pair.primary, certificates):
        misses = {told(missed(pair_api)) for _ in range(10)}
        hit = pair_api.get("/api/posts").status

    assert misses == {COME_AGAIN}
    assert hit == 200
    assert eventually(lambda: serves(pair_api))


def test_a_password_that_is_rotated_costs_nobody_an_error(
    start_api: StartApi, pair: Pair, pair_database: str, tmp_path: Path
):
    def set_password(password: str) -> None:
        url.write_text(pair.primary.url(pair_database, user="rotated", password=password))
        pair.primary.sql(f"ALTER USER rotated@'%' IDENTIFIED BY '{password}'; KILL USER rotated")

    url = tmp_path / "url"
    url.write_text(pair.primary.url(pair_database, user="rotated", password="first"))
    pair.primary.sql(
        "CREATE USER rotated@'%' IDENTIFIED BY 'first';"
        f" GRANT ALL ON {pair_database}.* TO rotated@'%'"
    )
    api = start_api(patient=True, DATABASE_URL="", DATABASE_URL_FILE=str(url))
    eventually(lambda: is_up(api))

    statuses: list[int] = []
    for password in ("second", "third"):
        set_password(password)
        statuses += [missed(api).status, api.post(password).status, api.get("/api/posts").status]
    pair.primary.sql("DROP USER rotated@'%'")

    assert statuses == [200, 201, 200] * 2


def test_who_was_deleted_writes_nothing_more(standing_api: Api):
    reply = standing_api.post("by nobody", user=NOBODY)

    assert reply.status == 401


def test_without_database_and_redis_the_process_is_up_and_meets_them_when_they_come(
    start_api: StartApi, pair: Pair, pair_database: str, redis: Redis
):
    pair.primary.kill()
    redis.kill()

    api = start_api(ready=False, DATABASE_URL=pair.primary.url(pair_database))
    live, health, miss = api.get("/livez"), api.get("/health"), missed(api)
    redis.start()
    pair.primary.start()

    assert (live.status, health.status) == (200, 503)
    assert told(miss) == COME_AGAIN
    assert eventually(lambda: api.get("/health").json["status"] == "ok")
    assert serves(api)


def test_a_pod_without_a_database_serves_what_others_kept(
    start_api: StartApi, pair_api: Api, mariadb: MariaDb
):
    away = mariadb.url("task1_db").replace(str(mariadb.port), str(free_port()))

    late = start_api(ready=False, patient=True, DATABASE_URL=away)
    eventually(lambda: is_up(late))

    assert late.get("/api/posts").headers["x-api-cache"] == "hit"
    assert told(missed(late)) == COME_AGAIN


def test_a_pod_without_redis_serves_from_the_database(start_api: StartApi, redis: Redis):
    redis.kill()

    api = start_api()

    assert api.get("/health").json["status"] == "degraded"
    assert [api.get("/api/posts").status, api.post("stored").status] == [200, 201]
    assert api.get("/api/posts").titles == ["stored"]


def test_no_answer_and_no_log_tells_a_password_after_all_this(pair_api: Api, pair: Pair):
    pair.primary.kill()
    answers = [missed(pair_api).body, pair_api.post("lost").body]
    pair.primary.start()

    told_ = b"".join(answers).decode() + pair_api.log.read_text()

    assert "the database is away" in told_
    assert APP_PASSWORD not in told_
    assert token(AUTHOR)[-20:] not in told_
