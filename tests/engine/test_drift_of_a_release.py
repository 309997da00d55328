"""Weights on the real engine: of a release under way no drift, moved by hand drift."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from release.aws import router_of
from release.steps import share
from stackyard.drift.command import of_workspace
from stackyard.drift.findings import Findings
from stackyard.progress import Progress
from tests.engine.release_rig import REGION, RULE, ReleaseRig, release_rig
from tests.engine.rig_workspace import workspace_of

pytestmark = pytest.mark.engine


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ReleaseRig]:
    with release_rig(tmp_path) as made:
        made.up("a")
        yield made


def drift(rig: ReleaseRig) -> Findings:
    return of_workspace(workspace_of(rig.rig), Progress(quiet=True), region=REGION)


def test_the_weights_of_a_release_under_way_are_no_drift(rig: ReleaseRig) -> None:
    rig.leave_at(50, "b")

    found = drift(rig)

    assert (found.drifts, found.exit_code) == ([], 0)
    (apart,) = found.set_apart
    assert apart.name == RULE
    assert apart.because == (
        "a release to green has been under way since 2026: weights blue 50, green 50"
    )


def test_weights_that_were_moved_by_hand_are_drift(rig: ReleaseRig) -> None:
    router_of(rig.route, REGION).move(share("green", 50))

    found = drift(rig)

    (rule,) = found.drifts
    assert rule.name == RULE
    assert "actions[0].forward.targetGroups[0].weight: 100 → 50" in rule.facts


def test_another_rule_than_the_releases_is_drift_while_one_is_under_way(rig: ReleaseRig) -> None:
    rig.leave_at(50, "b")
    route = replace(rig.route, groups={"blue": "arn:a", "green": "arn:b"})
    rig.store.write(replace(rig.store.read(), route=route))

    assert [each.name for each in drift(rig).drifts] == [RULE]


def test_what_a_release_wrote_into_its_ledger_is_no_drift(rig: ReleaseRig) -> None:
    rig.up("b")

    found = drift(rig)

    assert (found.drifts, found.set_apart) == ([], ())
