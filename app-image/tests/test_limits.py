"""The rate limit: the scaling guide's numbers and words, and what holds without Redis."""

import pytest

from api_process import AUTHOR, RELEASE_KEY, Api, a_client
from conftest import StartApi
from daemons import Redis, eventually
from task1.gate import LIMIT, WINDOW_SECONDS, Counters

pytestmark = pytest.mark.local

EXHAUSTED = b'{"success":false,"error":"Too many requests, please try again later."}'


def meets_redis(api: Api) -> None:
    eventually(lambda: api.get("/health").json["cache"] == "up")


def statuses(api: Api, count: int, path: str = "/api/posts", **by: str) -> list[int]:
    return [api.get(path, client=by["client"]).status for _ in range(count)]


def test_the_hundredth_request_is_answered_and_the_next_is_one_too_many(patient_api: Api):
    meets_redis(patient_api)
    client = a_client()

    within = statuses(patient_api, 100, client=client)
    beyond = patient_api.get("/api/posts", client=client)

    assert within == [200] * 100
    assert (beyond.status, beyond.body) == (429, EXHAUSTED)
    assert 0 < int(beyond.headers["retry-after"]) <= 900


def test_every_answer_tells_what_is_left(patient_api: Api):
    meets_redis(patient_api)
    client = a_client()
    patient_api.get("/api/posts", client=client)

    second = patient_api.get("/api/posts/99", client=client).headers

    assert second["ratelimit-policy"] == "100;w=900"
    assert (second["ratelimit-limit"], second["ratelimit-remaining"]) == ("100", "98")
    assert 890 < int(second["ratelimit-reset"]) <= 900


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/api/posts?x=1", 400), ("/api/posts/0", 404)]
)
def test_what_is_refused_counts_too(patient_api: Api, path: str, status: int):
    meets_redis(patient_api)
    client = a_client()

    statuses_ = statuses(patient_api, 101, path, client=client)

    assert statuses_ == [status] * 100 + [429]


def test_guessing_tokens_counts_against_the_address(patient_api: Api):
    meets_redis(patient_api)
    client = a_client()
    guess = {"Authorization": "Bearer guessed"}

    got = [patient_api.ask("GET", "/api/posts", headers=guess, client=client) for _ in range(101)]

    assert [reply.status for reply in got] == [401] * 100 + [429]


def test_a_user_is_one_client_wherever_the_requests_come_from(patient_api: Api):
    meets_redis(patient_api)
    first = patient_api.get("/api/posts", user=AUTHOR).headers["ratelimit-remaining"]

    second = patient_api.get("/api/posts", user=AUTHOR).headers["ratelimit-remaining"]

    assert (first, second) == ("99", "98")


def test_an_address_written_at_the_left_is_nobody(patient_api: Api):
    meets_redis(patient_api)
    client = a_client()
    patient_api.get("/api/posts", client=f"203.0.113.1, {client}")

    second = patient_api.get("/api/posts", client=f"203.0.113.2, {client}")

    assert second.headers["ratelimit-remaining"] == "98"


@pytest.mark.parametrize("path", ["/health", "/livez"])
def test_health_checks_are_not_limited(patient_api: Api, path: str):
    client = a_client()

    assert statuses(patient_api, 120, path, client=client) == [200] * 120


def test_a_releases_own_requests_are_not_limited(patient_api: Api):
    meets_redis(patient_api)
    own = {"X-Stackyard-Slot": RELEASE_KEY}
    client = a_client()

    got = [patient_api.ask("GET", "/api/posts", headers=own, client=client) for _ in range(120)]

    assert {reply.status for reply in got} == {200}
    assert "ratelimit-limit" not in got[0].headers


def test_the_header_with_another_value_frees_nobody(patient_api: Api):
    meets_redis(patient_api)

    reply = patient_api.ask("GET", "/api/posts", headers={"X-Stackyard-Slot": "guessed"})

    assert reply.headers["ratelimit-remaining"] == "99"


def test_two_pods_count_together(start_api: StartApi):
    one, other = start_api(patient=True), start_api(patient=True)
    meets_redis(one)
    meets_redis(other)
    client = a_client()
    one.get("/api/posts", client=client)

    assert other.get("/api/posts", client=client).headers["ratelimit-remaining"] == "98"


def test_without_redis_each_pod_grants_its_share(start_api: StartApi, redis: Redis):
    api = start_api(EXPECTED_PODS="4")
    redis.kill()
    eventually(lambda: api.get("/health").json["cache"] == "down")
    client = a_client()

    got = [api.get("/api/posts", client=client) for _ in range(26)]

    assert [reply.status for reply in got] == [200] * 25 + [429]
    assert got[25].body == EXHAUSTED


def test_a_counter_that_lost_its_end_gets_one_again(patient_api: Api, redis: Redis):
    meets_redis(patient_api)
    client = a_client()
    patient_api.get("/api/posts", client=client)
    redis.command("PERSIST", f"{{task1}}rl:{client}")

    patient_api.get("/api/posts", client=client)

    assert 0 < int(redis.command("TTL", f"{{task1}}rl:{client}")) <= WINDOW_SECONDS


def test_what_was_limited_is_counted_in_the_metrics(patient_api: Api):
    meets_redis(patient_api)
    statuses(patient_api, 101, client=a_client())

    metrics = patient_api.raw("GET", "/metrics", None, {}).body.decode()

    assert 'rate_limited_total{limiter="requests"} 1.0' in metrics


def test_a_window_begins_anew_when_it_is_over(monkeypatch: pytest.MonkeyPatch):
    now = [1000.0]
    monkeypatch.setattr("task1.gate.time.monotonic", lambda: now[0])
    counters = Counters(most=2, seconds=60)
    counts = [counters.add(b"a")[0] for _ in range(3)]

    now[0] += 61
    after = counters.add(b"a")

    assert counts == [1, 2, 3]
    assert after == (1, 61)


def test_counting_here_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Counters, "KEPT", 10)
    counters = Counters(most=LIMIT, seconds=60)

    for number in range(100):
        counters.add(b"%d" % number)

    assert counters.add(b"99")[0] == 2
    assert counters.add(b"0")[0] == 1
