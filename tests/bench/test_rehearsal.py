"""Rehearsals of releases: their rows, and the Deployments that they are compared with."""

from typing import Any

import pytest

from tests.bench.naive import deployment
from tests.bench.rehearsal import Outcome, Row, Serving, UnderLoad, row_of, serving
from tests.end_to_end.load import Answers

OLD, NEW = "sha256:01", "sha256:02"
IMAGE = f"stackyard.local/api@{NEW}"


def row(**changed: Any) -> Row:
    """Ten steady requests of 2 ms, ten of 3 ms while the release ran, of which two failed."""
    answers = Answers(sent=20)
    for second in range(20):
        kind = "500" if second in {12, 13} else "200"
        answers.note(kind, second, second + (0.002 if second < 10 else 0.003))
        answers.releases[NEW if second > 16 else OLD] += 1
    seen = UnderLoad(answers=answers, began=10, ended=18)
    outcome = Outcome(exit_code=7, highest_weight=10)
    return row_of("errors", seen, outcome, candidate=NEW, serves="old", **changed)


def test_a_row_counts_what_failed() -> None:
    assert (row().requests, row().failed, row().failed_percent) == (20, 2, 10)


def test_a_row_compares_the_release_with_the_steady_load_before_it() -> None:
    assert (row().p95_steady_ms, row().p95_release_ms) == (2, 3)
    assert row().p95_ratio == pytest.approx(1.5)


def test_a_row_says_how_far_the_candidate_came() -> None:
    assert (row().highest_weight, row().candidate_answers, row().seconds) == (10, 3, 8)


@pytest.mark.parametrize(
    ("releases", "serves"), [({OLD}, "old"), ({NEW}, "new"), ({OLD, NEW}, "both")]
)
def test_the_version_that_serves_is_told_by_what_answers(
    releases: set[str], serves: Serving
) -> None:
    assert serving(releases, NEW) == serves


def test_nobody_answering_is_no_version() -> None:
    with pytest.raises(ValueError, match="nobody answered"):
        serving(set(), NEW)


def naive(*, readiness_probe: bool) -> dict[str, Any]:
    container = {
        "name": "api",
        "image": f"stackyard.local/api@{OLD}",
        "env": [{"name": "PORT", "value": "5000"}, {"name": "RELEASE_DIGEST", "value": OLD}],
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
        "startupProbe": {},
        "livenessProbe": {},
        "readinessProbe": {"httpGet": {"path": "/health"}},
    }
    template = {
        "metadata": {"labels": {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 25},
    }
    served = {"metadata": {"namespace": "app"}, "spec": {"template": template}}
    return deployment(
        served, IMAGE, slot="green", strategy="Recreate", readiness_probe=readiness_probe
    )["spec"]


def test_a_naive_release_has_nothing_that_hides_it_from_users() -> None:
    template = naive(readiness_probe=False)["template"]
    (container,) = template["spec"]["containers"]

    assert set(container) == {"name", "image", "env"}
    assert set(template["spec"]) == {"containers"}
    assert not any("readiness-gate" in label for label in template["metadata"]["labels"])


def test_a_naive_release_may_have_a_readiness_probe() -> None:
    (container,) = naive(readiness_probe=True)["template"]["spec"]["containers"]

    assert container["readinessProbe"] == {"httpGet": {"path": "/health"}}


def test_a_naive_release_runs_the_image_and_names_it() -> None:
    (container,) = naive(readiness_probe=True)["template"]["spec"]["containers"]

    assert container["image"] == IMAGE
    assert {"name": "RELEASE_DIGEST", "value": NEW} in container["env"]


def test_a_naive_release_stands_in_the_idle_slot_with_a_selector_of_its_own() -> None:
    spec = naive(readiness_probe=True)

    assert spec["template"]["metadata"]["labels"]["stackyard/slot"] == "green"
    assert spec["selector"] == {"matchLabels": {"app": "backend-api"}}
    assert spec["strategy"] == {"type": "Recreate"}
