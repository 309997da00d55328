"""The cache: hits, what a write makes of them, and Redis going away."""

import signal
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api_process import OTHER, Api, Reply, migrated
from conftest import StartApi
from daemons import Certificates, MariaDb, Redis, eventually
from task1.redis import COMMAND_SECONDS, TIMEOUTS_TO_BREAK

pytestmark = pytest.mark.local

LAG_SECONDS = 2.0


def hit(api: Api) -> bool:
    return api.get("/api/posts").headers["x-api-cache"] == "hit"


def cached(api: Api) -> bool:
    """Redis is met and holds the list."""
    return eventually(lambda: hit(api))


def meets_redis(api: Api) -> None:
    eventually(lambda: api.get("/health").json["cache"] == "up")


def misses_redis(api: Api) -> None:
    eventually(lambda: api.get("/health").json["cache"] == "down")


def seconds_of(ask: Callable[[], object]) -> float:
    started = time.monotonic()
    ask()
    return time.monotonic() - started


def test_the_second_list_is_a_hit(api: Api):
    meets_redis(api)

    first, second = api.get("/api/posts"), api.get("/api/posts")

    assert (first.headers["x-api-cache"], second.headers["x-api-cache"]) == ("miss", "hit")
    assert first.body == second.body


def test_the_list_after_a_post_is_a_miss_with_the_new_post(api: Api):
    cached(api)

    api.post("new")
    after = api.get("/api/posts")

    assert (after.headers["x-api-cache"], after.titles) == ("miss", ["new"])


def test_a_post_through_one_pod_is_seen_through_another(start_api: StartApi):
    one, other = start_api(patient=True), start_api(patient=True)
    cached(one)
    cached(other)

    one.post("new")
    after = other.get("/api/posts")

    assert (after.headers["x-api-cache"], after.titles) == ("miss", ["new"])


def test_reads_go_on_from_the_reader_while_the_writer_is_away(
    start_api: StartApi,
    mariadb: MariaDb,
    database: str,
    certificates: Certificates,
    tmp_path: Path,
):
    writer = MariaDb(tmp_path / "writer", certificates)
    writer.start()
    writer.make_master()
    away = migrated(writer, "task1_db", certificates)
    api = start_api(DATABASE_URL=away, DATABASE_READ_REPLICA_URL=mariadb.url(database))
    meets_redis(api)

    writer.kill()
    refused = api.post("lost")
    replies = [api.get("/api/posts") for _ in range(2)]

    assert refused.status == 503
    assert [(reply.status, reply.titles) for reply in replies] == [(200, [])] * 2


def test_a_write_that_cannot_be_stored_leaves_what_is_kept(
    api: Api, mariadb: MariaDb, standing_database: str
):
    cached(api)

    with mariadb.locked(f"{standing_database}.users"):
        refused = api.post("never stored")

    assert refused.status == 504
    assert hit(api)


def test_who_may_not_write_empties_no_cache(api: Api):
    mine = api.post("mine").headers["location"]
    cached(api)

    theirs = api.ask("PATCH", mine, '{"title": "theirs"}', user=OTHER)

    assert theirs.status == 403
    assert hit(api)


def test_a_list_just_written_is_not_read_from_a_lagging_reader(
    start_api: StartApi, mariadb: MariaDb, database: str, certificates: Certificates
):
    # A reader that never catches up: another database with the same schema.
    reader = migrated(mariadb, f"{database}_lag", certificates)
    mariadb.sql(
        f"INSERT INTO {database}_lag.posts (title, content, createdAt, updatedAt)"
        " VALUES ('old', 'c', NOW(3), NOW(3))"
    )
    api = start_api(DATABASE_READ_REPLICA_URL=reader)
    before = api.get("/api/posts")

    posted_at = time.monotonic()
    api.post("new")
    at_once = api.get("/api/posts")
    # Other limits are other answers, none of them kept yet.
    limits = iter(range(30, 101))
    eventually(lambda: api.get(f"/api/posts?limit={next(limits)}").titles == ["old"])

    assert before.titles == ["old"]
    assert at_once.titles == ["new"]
    assert time.monotonic() - posted_at >= LAG_SECONDS


def test_many_who_miss_at_once_cost_one_query(api: Api, mariadb: MariaDb):
    meets_redis(api)
    before = _selects(mariadb)

    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: api.get("/api/posts?limit=33"), range(60)))
    after = _selects(mariadb)

    assert {reply.status for reply in replies} == {200}
    assert after - before == 1


def _selects(mariadb: MariaDb) -> int:
    return int(mariadb.sql("SHOW GLOBAL STATUS LIKE 'Com_select'")[0][1])


def test_hits_are_served_while_the_database_is_locked(
    api: Api, mariadb: MariaDb, standing_database: str
):
    cached(api)

    with mariadb.locked(f"{standing_database}.posts"):
        reply = api.get("/api/posts")

    assert (reply.status, reply.headers["x-api-cache"]) == (200, "hit")


def test_without_redis_everything_still_works(start_api: StartApi, redis: Redis):
    api = start_api()
    cached(api)

    redis.kill()
    replies: list[Reply] = []
    took = [seconds_of(lambda: replies.append(api.get("/api/posts"))) for _ in range(20)]
    posted = api.post("without a cache")

    assert {(reply.status, reply.headers["x-api-cache"]) for reply in replies} == {(200, "miss")}
    # Not the sum: on a busy machine one of them may take long for reasons of its own.
    assert statistics.median(took) < COMMAND_SECONDS
    assert posted.status == 201
    assert api.get("/api/posts").titles == ["without a cache"]


def test_redis_that_is_back_is_used_again(own_api: Api, redis: Redis):
    cached(own_api)
    redis.kill()
    assert not hit(own_api)

    redis.start()

    assert cached(own_api)


def test_a_redis_that_hangs_costs_only_the_first_requests(own_api: Api, redis: Redis):
    cached(own_api)

    redis.signal(signal.SIGSTOP)
    replies: list[Reply] = []
    took = [seconds_of(lambda: replies.append(own_api.get("/api/posts"))) for _ in range(40)]
    redis.signal(signal.SIGCONT)

    assert {reply.status for reply in replies} == {200}
    # Each of them would wait at least so long without the breaker.
    assert statistics.median(took[TIMEOUTS_TO_BREAK:]) < COMMAND_SECONDS
    assert cached(own_api)


def test_a_post_made_while_redis_hangs_is_seen_when_it_is_back(own_api: Api, redis: Redis):
    cached(own_api)
    redis.signal(signal.SIGSTOP)
    own_api.post("meanwhile")

    redis.signal(signal.SIGCONT)
    meets_redis(own_api)

    assert own_api.get("/api/posts").titles == ["meanwhile"]


def test_a_forgotten_script_is_sent_again(patient_api: Api, redis: Redis):
    cached(patient_api)
    redis.kill()
    misses_redis(patient_api)
    redis.start()

    meets_redis(patient_api)
    first, second = hit(patient_api), hit(patient_api)

    assert (first, second) == (False, True)


def test_a_redis_with_an_unknown_certificate_is_not_used(start_api: StartApi, tmp_path):
    folder = tmp_path / "stranger"
    folder.mkdir()
    stranger = Redis(folder, Certificates(folder))
    stranger.start()
    try:
        api = start_api(REDIS_URL=stranger.url)
        eventually(lambda: any(event["event"] == "redis-away" for event in api.events()))

        away = next(event for event in api.events() if event["event"] == "redis-away")
    finally:
        stranger.kill()

    assert "CERTIFICATE_VERIFY_FAILED" in away["error"]
    assert api.get("/health").json["cache"] == "down"
