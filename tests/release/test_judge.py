"""When a candidate is too bad: each reason, and what is just good enough."""

from dataclasses import replace
from typing import Any

import pytest

from release.judge import FAIR_REQUESTS, Look, Processes, problem, sudden_problem
from release.parts import Probe, Targets, Traffic
from tests.release.world import POLICY

HEALTHY = Targets(healthy=2, starting=0, unhealthy=0)
GOOD = Traffic(requests=1000, errors=0, p95_seconds=0.02)
BASELINE = 0.02


def look(targets: Targets = HEALTHY, alarms: tuple[str, ...] = (), **traffic: Any) -> Look:
    return Look(traffic=replace(GOOD, **traffic), targets=targets, alarms=alarms)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (look(errors=11), "11 of 1000 requests failed, more than 1 %"),
        (look(requests=2, errors=2), "2 of 2 requests failed"),
        (look(p95_seconds=0.501), "p95 is 501 ms, more than 500 ms"),
        (look(p95_seconds=0.101), "p95 is 101 ms, the live version's 20 ms"),
        (look(Targets(healthy=1, starting=0, unhealthy=1)), "1 of its pods are unhealthy"),
        (look(Targets(healthy=0, starting=1, unhealthy=0)), "none of its pods is healthy"),
        (look(alarms=("cpu", "errors")), "in alarm: cpu, errors"),
    ],
)
def test_a_bad_candidate_is_told_by_what_is_bad(seen: Look, said: str) -> None:
    assert said in problem(seen, POLICY, BASELINE)


@pytest.mark.parametrize(
    "seen",
    [
        look(),
        look(errors=10),
        look(requests=5, errors=1),
        look(p95_seconds=0.1),
        look(requests=FAIR_REQUESTS - 1, p95_seconds=9.0),
        look(requests=0, p95_seconds=None),
        look(Targets(healthy=2, starting=1, unhealthy=0)),
    ],
)
def test_a_candidate_within_the_bounds_is_good(seen: Look) -> None:
    assert problem(seen, POLICY, BASELINE) == ""


def test_three_times_a_slow_live_version_is_allowed() -> None:
    assert problem(look(p95_seconds=0.29), POLICY, 0.1) == ""
    assert "the live version's 100 ms" in problem(look(p95_seconds=0.31), POLICY, 0.1)


def test_without_a_live_version_to_compare_with_the_absolute_bound_holds() -> None:
    assert problem(look(p95_seconds=0.4), POLICY, None) == ""


def test_two_bad_answers_among_the_latest_ten_are_sudden() -> None:
    assert sudden_problem(["502", *[""] * 8, "timed out"]) == "timed out"


@pytest.mark.parametrize(
    "asked", [[], [""], ["502"], ["502", *[""] * 9], ["502", *[""] * 9, "502"]]
)
def test_a_single_bad_answer_among_them_is_not(asked: list[str]) -> None:
    assert sudden_problem(asked) == ""


def answered(pod: str, began: str) -> Probe:
    return Probe(problem="", seconds=0.01, pod=pod, began=began)


def test_a_pod_whose_process_began_again_has_ended_in_between() -> None:
    processes = Processes()
    first = [processes.ended(answered(pod, "10:00")) for pod in ("a", "b", "a")]

    said = processes.ended(answered("b", "10:05"))

    assert first == ["", "", ""]
    assert said == "the process of pod b ended, and was started again at 10:05"


def test_a_pod_that_the_autoscaler_adds_has_not_ended() -> None:
    processes = Processes()
    processes.ended(answered("a", "10:00"))

    assert processes.ended(answered("b", "10:05")) == ""


def test_an_image_that_does_not_tell_its_pod_is_not_blamed() -> None:
    processes = Processes()
    processes.ended(answered("", ""))

    assert processes.ended(answered("", "10:05")) == ""
