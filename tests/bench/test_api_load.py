"""The load of the API's benchmark: what wrk says, quantiles, pages, what no speed is worth."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench.api import pages, wrk
from tests.bench.api.histogram import HistogramError, buckets_in, quantile, since
from tests.bench.api.pages import (
    UnlikeError,
    Walk,
    alike,
    check_limit,
    check_same,
    client_address,
    cold_pages,
    requests_for,
)
from tests.bench.api.wrk import LoadError, loaded

NODE = Path(pages.__file__).with_name("node")
SAID = (
    '{"requests": 700, "failed": 2, "duration_us": 7000000,'
    ' "p50_us": 4100, "p95_us": 39000, "p99_us": 45000}'
)
METRICS = """\
# TYPE db_statement_duration_seconds histogram
db_statement_duration_seconds_bucket{le="0.001",pool="reader"} 40.0
db_statement_duration_seconds_bucket{le="0.005",pool="reader"} 90.0
db_statement_duration_seconds_bucket{le="+Inf",pool="reader"} 100.0
db_statement_duration_seconds_bucket{le="0.001",pool="writer"} 0.0
db_statement_duration_seconds_bucket{le="0.005",pool="writer"} 0.0
db_statement_duration_seconds_bucket{le="+Inf",pool="writer"} 0.0
db_statement_duration_seconds_count{pool="reader"} 100.0
http_request_duration_seconds_bucket{le="0.001",method="GET"} 7.0
"""
COUNTS = {0.001: 40, 0.005: 90, float("inf"): 100}
POST = {
    "id": 1,
    "title": "a",
    "createdAt": "2026-01-01T00:00:00.500Z",
    "updatedAt": "2026-01-01T00:00:00.500000+00:00",
}


def test_what_wrk_has_seen_is_the_last_line_of_the_script() -> None:
    seen = loaded(f"Running 7s test\n  2 threads\n{SAID}\n")

    assert (seen.requests, seen.failed, seen.seconds) == (700, 2, 7)
    assert (seen.p50_ms, seen.p95_ms, seen.p99_ms) == (4.1, 39, 45)


def test_a_script_that_says_nothing_is_no_load() -> None:
    with pytest.raises(LoadError, match="wrk did not come to its end:\nunable to connect"):
        loaded("unable to connect\n")


def test_the_script_says_what_is_read_of_it() -> None:
    text = wrk.SCRIPT.read_text(encoding="utf-8")

    assert all(f'"{name}"' in text for name in json.loads(SAID))


def test_the_script_and_the_fixed_rate_come_from_as_many_clients() -> None:
    text = wrk.SCRIPT.read_text(encoding="utf-8")

    assert f"CLIENTS = {pages.CLIENTS}\n" in text


def test_every_client_comes_once_before_any_comes_again() -> None:
    addresses = {client_address(turn) for turn in range(pages.CLIENTS)}

    assert len(addresses) == pages.CLIENTS
    assert client_address(pages.CLIENTS) == client_address(0) == "198.18.0.0"
    assert client_address(pages.CLIENTS - 1) == "198.18.249.249"


def test_buckets_are_those_of_the_histogram_that_is_named() -> None:
    assert buckets_in(METRICS, "db_statement_duration_seconds") == COUNTS


def test_a_histogram_that_is_not_there_is_told() -> None:
    with pytest.raises(HistogramError, match="/metrics has no histogram other_seconds"):
        buckets_in(METRICS, "other_seconds")


@pytest.mark.parametrize(
    ("share", "seconds"), [(0.2, 0.0005), (0.4, 0.001), (0.65, 0.003), (0.95, 0.005)]
)
def test_a_quantile_lies_on_a_straight_line_between_bounds(share: float, seconds: float) -> None:
    assert quantile(share, COUNTS) == pytest.approx(seconds)


def test_a_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(HistogramError, match="counted nothing in that time"):
        quantile(0.95, since(COUNTS, COUNTS))


def test_a_quantile_is_of_what_came_since() -> None:
    before = {0.001: 40, 0.005: 40, float("inf"): 40}

    assert since(before, COUNTS) == {0.001: 0, 0.005: 50, float("inf"): 60}


def test_no_cold_page_is_asked_for_twice() -> None:
    found = cold_pages(["one", "two"])

    assert len(set(found)) == len(found) == 2 * len(pages.LIMITS)
    assert found == cold_pages(["one", "two"]) != sorted(found)


def test_a_cold_page_has_as_many_posts_as_the_hot_one_on_average() -> None:
    average = sum(pages.LIMITS) / len(pages.LIMITS)

    assert f"{pages.PATH}?limit={average:g}" == pages.HOT_PAGE


def test_requests_of_a_fixed_rate_come_compressed_from_one_client_after_another() -> None:
    first, second = requests_for("http://127.0.0.1:5000", ["/a?b=1", "/c"])

    assert first.startswith(b"GET /a?b=1 HTTP/1.1\r\nHost: 127.0.0.1:5000\r\n")
    assert b"Accept-Encoding: gzip\r\nX-Forwarded-For: 198.18.0.0\r\n" in first
    assert b"X-Forwarded-For: 198.18.0.1\r\n" in second


def test_times_are_alike_however_they_are_written() -> None:
    post = alike(POST)

    assert post["createdAt"] == post["updatedAt"]
    assert post["title"] == "a"


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ([{"id": 1}, {"id": 3}], r"post 1 of the list is \{'id': 3\}, ours is \{'id': 2\}"),
        ([{"id": 1}], "lists 1 posts, we 2"),
    ],
)
def test_a_server_with_other_posts_is_refused(theirs: list[dict[str, int]], said: str) -> None:
    ours = Walk([{"id": 1}, {"id": 2}], [])

    check_same("ours", ours, ours)
    with pytest.raises(UnlikeError, match=said):
        check_same("peer", ours, Walk(theirs, []))


class Limiting(pages.Client):
    """Answers as a server that lets so many requests through, and then refuses in these words."""

    def __init__(self, limit: int, words: Any = pages.TOO_MANY) -> None:
        self._left = limit
        self._words = words

    def get(self, path: str, address: str | None = None) -> tuple[int, Any]:
        del path, address
        self._left -= 1
        return (200, {}) if self._left >= 0 else (429, self._words)


def test_the_hundredth_request_passes_and_the_next_does_not() -> None:
    check_limit("peer", Limiting(100))


@pytest.mark.parametrize(
    "client", [Limiting(99), Limiting(101), Limiting(100, {"error": "no"})], ids=str
)
def test_a_server_that_limits_otherwise_is_refused(client: Limiting) -> None:
    with pytest.raises(UnlikeError, match="peer: after 100 requests of a client comes status 429"):
        check_limit("peer", client)


def test_the_peers_packages_are_those_that_were_locked_from_any_registry() -> None:
    wanted = json.loads((NODE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    text = (NODE / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]

    assert packages[""]["dependencies"] == wanted
    assert "resolved" not in text
    assert all("integrity" in package for name, package in packages.items() if name)
