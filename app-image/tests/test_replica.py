"""Reads from a replica that is late: nobody misses a write, and no old page is kept."""

import pytest
from test_faults_redis import is_up

from api_process import Api, a_client
from conftest import StartApi
from daemons import Redis, eventually
from replication import Pair

pytestmark = pytest.mark.local

DELAY_SECONDS, LONG_SECONDS, ROUNDS = 1, 30, 3


BEHIND = "import time; real = time.time; time.time = lambda: real() - 1"
"""A pod whose clock is a second behind."""


@pytest.fixture
def urls(pair: Pair, pair_database: str) -> dict[str, str]:
    """Writes go to the primary, reads to its replica."""
    return {
        "DATABASE_URL": pair.primary.url(pair_database),
        "DATABASE_READ_REPLICA_URL": pair.replica.url(pair_database),
    }


@pytest.fixture
def late_api(start_api: StartApi, pair: Pair, urls: dict[str, str]) -> Api:
    """Reads from a replica that is a second behind."""
    api = start_api(patient=True, **urls)
    eventually(lambda: is_up(api))
    pair.replica.follow(delay_seconds=DELAY_SECONDS)
    return api


def test_no_write_is_missing_from_a_list_at_once_or_later(late_api: Api, pair: Pair):
    at_once: list[str] = []
    later: list[str] = []

    for number in range(ROUNDS):
        late_api.get("/api/posts")
        late_api.post(f"round {number}")
        at_once.append(late_api.get("/api/posts").titles[0])
        pair.replica.catch_up()
        later.append(late_api.get("/api/posts").titles[0])

    assert at_once == later == [f"round {number}" for number in range(ROUNDS)]


@pytest.mark.parametrize("clock", ["", BEHIND])
def test_without_redis_a_client_sees_its_own_writes_through_any_pod(
    start_api: StartApi, pair: Pair, urls: dict[str, str], redis: Redis, clock: str
):
    one, other = start_api(**urls), start_api(change=clock, **urls)
    redis.kill()
    eventually(lambda: not is_up(one) and not is_up(other))
    pair.replica.follow(delay_seconds=LONG_SECONDS)
    client = a_client()

    wrote = one.post("mine").headers["x-read-after"]
    mine = other.ask("GET", "/api/posts", headers={"X-Read-After": wrote}, client=client)
    anybodys = other.get("/api/posts")

    assert mine.titles == ["mine"]
    assert anybodys.titles == []


@pytest.mark.parametrize("told", ["", "x", "-1", "9" * 400, "0", "1.5"])
def test_a_time_that_is_none_is_passed_over(standing_api: Api, told: str):
    reply = standing_api.ask("GET", "/api/posts?limit=41", headers={"X-Read-After": told})

    assert reply.status == 200
