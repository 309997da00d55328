"""HAProxy's log becomes the counts of an ALB; without a process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.local.request_counts import RequestCounts, Traffic

WAY = ("main-80", "blue")


def traffic_of(log: str) -> Traffic:
    seen = RequestCounts()
    seen.add(log.encode())
    return seen.take()


def counts_of(log: str) -> dict[str, int]:
    return dict(traffic_of(log).counts.get(WAY, {}))


def test_an_answer_is_counted_by_the_hundred_of_its_status() -> None:
    seen = counts_of(
        "main-80 blue s1 200 -- 3\nmain-80 blue s2 204 -- 1\nmain-80 blue s1 503 -- 7\n"
    )

    assert seen == {
        "RequestCount": 3,
        "HTTPCode_Target_2XX_Count": 2,
        "HTTPCode_Target_5XX_Count": 1,
    }


def test_each_way_through_the_balancer_is_counted_apart() -> None:
    seen = traffic_of(
        "main-80 blue s1 200 -- 12\nmain-80 green s1 200 -- 3\nmain-443 blue s1 200 -- 5\n"
    )

    assert seen.times == {
        ("main-80", "blue"): {0.012: 1},
        ("main-80", "green"): {0.003: 1},
        ("main-443", "blue"): {0.005: 1},
    }
    assert {way: counts["RequestCount"] for way, counts in seen.counts.items()} == {
        ("main-80", "blue"): 1,
        ("main-80", "green"): 1,
        ("main-443", "blue"): 1,
    }


@pytest.mark.parametrize("end", ["SC", "sC"])
def test_a_connection_that_failed_is_counted_and_the_balancers_answer_to_it(end: str) -> None:
    assert counts_of(f"main-80 blue s1 502 {end} -1\n") == {
        "RequestCount": 1,
        "TargetConnectionErrorCount": 1,
        "HTTPCode_ELB_5XX_Count": 1,
    }


def test_a_target_that_ends_before_its_answer_is_the_balancers_502() -> None:
    assert counts_of("main-80 blue s1 502 SH -1\n") == {
        "RequestCount": 1,
        "HTTPCode_ELB_5XX_Count": 1,
    }


def test_an_answer_without_a_target_is_no_request_of_the_group() -> None:
    assert counts_of("main-80 blue <NOSRV> 503 LR -1\n") == {"HTTPCode_ELB_5XX_Count": 1}


def test_a_client_that_goes_before_the_answer_has_made_a_request() -> None:
    assert counts_of("main-80 blue s1 -1 CH -1\n") == {"RequestCount": 1}


@pytest.mark.parametrize(
    "line",
    [
        "Proxy main-80 stopped (cumulated conns: FE: 1, BE: 0).",
        "[NOTICE]   (1) : New worker (2) forked",
        "main-80 blue s1 200 -- 3 and more",
        "",
    ],
)
def test_a_line_that_is_no_requests_is_not_counted(line: str) -> None:
    assert traffic_of(f"{line}\n") == Traffic(counts={}, times={})


def test_what_was_taken_is_not_counted_again() -> None:
    seen = RequestCounts()
    seen.add(b"main-80 blue s1 200 -- 3\n")

    seen.take()

    assert seen.take() == Traffic(counts={}, times={})


@given(st.lists(st.sampled_from([200, 301, 404, 500]), max_size=50), st.integers(0, 50))
def test_lines_of_several_reads_are_counted_as_those_of_one(statuses: list[int], at: int) -> None:
    lines = [f"main-80 blue s1 {status} -- 3\n" for status in statuses]
    seen = RequestCounts()

    seen.add("".join(lines[:at]).encode())
    seen.add("".join(lines[at:]).encode())

    assert seen.take() == traffic_of("".join(lines))
