"""Rehearsals of releases: their rows, and the Deployments that they are compared with."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bench import release_table
from tests.bench.machine import machine
from tests.bench.naive import deployment
from tests.bench.rehearsal import Outcome, Row, Serving, UnderLoad, row_of, serving
from tests.bench.release import exit_code, verdict
from tests.bench.scenarios import SCENARIOS
from tests.bench.table import markdown
from tests.end_to_end.load import Answers

OLD, NEW = "sha256:01", "sha256:02"
IMAGE = f"stackyard.local/api@{NEW}"


def row() -> Row:
    """Ten steady requests of 2 ms, ten of 3 ms while the release ran, of which two failed."""
    answers = Answers(sent=20)
    for second in range(20):
        kind = "500" if second in {12, 13} else "200"
        answers.note(kind, second, second + (0.002 if second < 10 else 0.003))
        answers.releases[NEW if second > 16 else OLD] += 1
    seen = UnderLoad(answers=answers, began=10, ended=18)
    outcome = Outcome(exit_code=7, highest_weight=10)
    return row_of("errors", seen, outcome, candidate=NEW, serves="old")


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


def test_a_row_that_is_renewed_stands_in_the_order_of_the_scenarios(tmp_path: Path) -> None:
    order = ["good", "errors"]
    release_table.save(tmp_path, order, row())
    release_table.save(tmp_path, order, replace(row(), scenario="good"))

    release_table.save(tmp_path, order, replace(row(), failed=0))

    kept = release_table.rows_in(tmp_path, machine())
    assert [(each["scenario"], each["failed"]) for each in kept] == [("good", 2), ("errors", 0)]


def test_rows_of_another_machine_are_not_kept(tmp_path: Path) -> None:
    release_table.save(tmp_path, ["errors"], row())

    assert release_table.rows_in(tmp_path, {**machine(), "cores": "many"}) == []


def test_the_table_has_a_cell_for_each_word_of_its_head() -> None:
    head, rule, line = release_table.lines([row()])

    assert head.count("|") == rule.count("|") == line.count("|")
    assert line == "| errors | 20 | 2 | 10.00 | 2 | 3 | 1.50 | 7 | 8 | old | 10 | 3 |"


def test_a_rollout_without_weights_has_no_share() -> None:
    (*_, line) = release_table.lines([replace(row(), highest_weight=None)])

    assert line.endswith("| old | - | 3 |")


def test_the_page_has_the_table_where_something_was_rehearsed() -> None:
    without, with_it = markdown({}, []), markdown({}, [], [row().as_json()])

    assert "## Releases" not in without
    assert "\n## Releases\n" in with_it
    assert with_it.endswith("| old | 10 | 3 |\n")


BAD_ROW, GOOD_ROW = row(), replace(row(), exit_code=0, serves="new")


@pytest.mark.parametrize(("wanted", "made"), [("good", GOOD_ROW), ("20 % errors", BAD_ROW)])
def test_a_rehearsal_that_ends_as_it_has_to_has_no_fault(wanted: str, made: Row) -> None:
    assert SCENARIOS[wanted].fault(made) == ""


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        ("good", replace(GOOD_ROW, exit_code=1)),
        ("good", replace(GOOD_ROW, serves="both")),
        ("20 % errors", GOOD_ROW),
        ("20 % errors", replace(BAD_ROW, exit_code=1)),
    ],
)
def test_a_rehearsal_that_ends_otherwise_is_told(wanted: str, made: Row) -> None:
    assert "it has to end with" in SCENARIOS[wanted].fault(made)


@pytest.mark.parametrize(
    ("made", "wanted", "code", "words"),
    [
        (GOOD_ROW, "good", 0, "released: the new version serves"),
        (BAD_ROW, "good", 7, "rolled back: code 7, the old version serves"),
        (replace(GOOD_ROW, exit_code=1), "good", 1, "failed: code 1, the new version serves"),
        (BAD_ROW, "20 % errors", 0, "rolled back: code 7, the old version serves"),
        (GOOD_ROW, "20 % errors", 1, "released: the new version serves"),
    ],
)
def test_make_release_passes_on_whether_it_went_as_it_should(
    made: Row, wanted: str, code: int, words: str
) -> None:
    assert (exit_code(made, SCENARIOS[wanted]), verdict(made)) == (code, words)
