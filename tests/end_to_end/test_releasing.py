"""How a release's event log is read: its steps, the moments to kill it at, the highest share."""

import re
from typing import Any

import pytest

from tests.end_to_end.releasing import MOMENTS, highest_weight, progress

DEPLOYMENT = "urn:pulumi:local::stackyard::stackyard:index:Workload$kubernetes:apps/v1:Deployment"
TOLD = {
    "the candidate's pods start": f"create {DEPLOYMENT}::api-green",
    "the gate": "gate: 2 pods of green are healthy, 20 requests in p95 4 ms",
    "10 %": "green 10 % for 1 s: green 30 req/s, 0 errors, p95 3 ms; blue 270 req/s, 0 errors",
    "50 %": "green 50 % for 2 s: green 150 req/s, 0 errors, p95 3 ms; blue 150 req/s, 0 errors",
    "100 %": "green 100 % for 1 s: green 300 req/s, 0 errors, p95 3 ms; blue 0 req/s, 0 errors",
    "the bake": "green 100 %, bake for 3 s: green 300 req/s, 0 errors, p95 3 ms; blue 0 req/s",
    "the old pods go": "green serves sha256:02",
}
"""What a good release tells, by the moment that it tells of."""


def said(message: str, severity: str = "info") -> dict[str, Any]:
    return {"diagnosticEvent": {"message": f"<{{%reset%}}>{message}\n", "severity": severity}}


def begun(urn: str, **more: Any) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"op": "create", "urn": urn}, **more}}


def test_a_releases_own_lines_are_told_without_their_mark() -> None:
    assert progress([said("release: gate: good"), said("3 warnings")]) == ["gate: good"]


def test_an_error_is_told_as_it_is() -> None:
    assert progress([said("green 10 %: 9 requests failed", "error")]) == [
        "green 10 %: 9 requests failed"
    ]


def test_resources_are_told_when_they_are_begun_and_not_in_a_preview() -> None:
    events = [begun("urn::a"), begun("urn::b", planning=True), {"resOutputsEvent": {}}]

    assert progress(events) == ["create urn::a"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_is_known_by_what_is_told_then_and_by_nothing_else(moment: str) -> None:
    found = [name for name, line in TOLD.items() if re.search(MOMENTS[moment], line)]

    assert found == [moment]


def test_pods_that_a_failed_release_left_start_by_an_update() -> None:
    assert re.search(MOMENTS["the candidate's pods start"], f"update {DEPLOYMENT}::api-blue")


def test_the_highest_share_is_the_largest_that_a_slot_was_told_to_have() -> None:
    rolled_back = "green 50 %: 9 of 700 requests failed, more than 1 %"

    assert highest_weight([TOLD["10 %"], rolled_back, "all requests are back at blue"]) == 50
    assert highest_weight(TOLD.values()) == 100


def test_a_candidate_that_no_step_was_told_of_had_no_share() -> None:
    assert highest_weight([TOLD["the gate"], "at the gate: /health answers 503"]) == 0
