"""What `/metrics` tells, and whom."""

import pytest

from api_process import Api
from conftest import StartApi
from daemons import Redis, eventually

pytestmark = pytest.mark.local


def metrics(api: Api) -> list[str]:
    reply = api.raw("GET", "/metrics", None, {})
    assert reply.status == 200
    return reply.body.decode().splitlines()


def value(api: Api, name: str) -> float:
    (line,) = [line for line in metrics(api) if line.startswith(f"{name} ")]
    return float(line.split()[-1])


def test_requests_are_counted_by_method_route_and_status(own_api: Api):
    for path in ("/api/posts", "/api/posts/7", "/api/posts/8"):
        own_api.get(path)

    counts = [
        line for line in metrics(own_api) if line.startswith("http_request_duration_seconds_count")
    ]

    labels = 'method="GET",route="/api/posts{}",status_code="{}"'
    assert f"http_request_duration_seconds_count{{{labels.format('', 200)}}} 1.0" in counts
    assert f"http_request_duration_seconds_count{{{labels.format('/{id}', 404)}}} 2.0" in counts


@pytest.mark.parametrize("path", ["/a", "/b?c=d", "/wp-login.php", "/api/posts/1/2"])
def test_paths_that_are_not_ours_are_one_route(api: Api, path: str):
    api.ask("BREW", path)

    told = "\n".join(metrics(api))

    assert 'method="OTHER",route="*",status_code="404"' in told
    assert path.partition("?")[0] + '"' not in told
    assert "BREW" not in told


def test_the_process_itself_is_measured(api: Api):
    assert value(api, "process_resident_memory_bytes") > 1e6
    assert value(api, "process_open_fds") > 3
    assert value(api, "event_loop_lag_seconds") < 10


def test_statements_are_timed(api: Api):
    api.get("/api/posts?limit=71")

    assert any(
        line.startswith("db_statement_duration_seconds_count{pool=") for line in metrics(api)
    )


@pytest.mark.parametrize("header", ["X-Forwarded-For", "x-forwarded-for"])
def test_who_comes_through_a_proxy_sees_no_metrics(api: Api, header: str):
    reply = api.raw("GET", "/metrics", None, {header: "203.0.113.7"})

    assert (reply.status, reply.json) == (404, {"error": "no such path"})


def test_a_lost_redis_is_told(start_api: StartApi, redis: Redis):
    api = start_api()
    eventually(lambda: api.get("/health").json["cache"] == "up")
    before = 'degraded{what="redis"} 0.0' in metrics(api)

    redis.kill()
    eventually(lambda: api.get("/health").json["cache"] == "down")
    api.get("/api/posts")

    assert before
    assert 'degraded{what="redis"} 1.0' in metrics(api)
    assert value(api, "redis_errors_total") > 0
