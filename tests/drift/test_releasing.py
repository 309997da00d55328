"""Weights of a release under way are no drift; moved by hand they are."""

from dataclasses import replace
from typing import Any

import pytest

from release.plan import Ledger, Route, Underway
from stackyard.drift.releasing import RULE, released
from stackyard.ops.refresh import Compared
from tests.drift.examples import compared
from tests.release.world import V2

ROUTE = Route(listener="arn:listener", groups={"blue": "arn:blue", "green": "arn:green"})
UNDER_WAY = Ledger(route=ROUTE, underway=Underway(slot="green", version=V2, since="2026-05-01"))
WEIGHT = "actions[0].forward.targetGroups[0].weight"


def rule(*paths: str, blue: int, green: int, other: str = "arn:green") -> Compared:
    """The production rule of a state that says blue."""

    def inputs(**weights: Any) -> dict[str, Any]:
        groups = [{"arn": arn.replace("_", ":"), "weight": w} for arn, w in weights.items()]
        return {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}

    now = inputs(**{"arn_blue": blue, other: green})
    return compared(*paths, old=inputs(arn_blue=100, arn_green=0), new=now, type_=RULE)


def never() -> Ledger:
    raise AssertionError("the ledger was asked")


def test_the_weights_of_a_release_under_way_are_expected() -> None:
    found = released(rule(WEIGHT, blue=90, green=10), lambda: UNDER_WAY)

    assert found is not None
    assert found.because == (
        "a release to green has been under way since 2026-05-01: weights blue 90, green 10"
    )


def test_a_provider_that_only_says_actions_is_looked_into() -> None:
    moved = rule("actions", blue=90, green=10)
    (action,) = moved.new["inputs"]["actions"]
    redirected = replace(moved, new={"inputs": {"actions": [{**action, "type": "redirect"}]}})

    assert released(moved, lambda: UNDER_WAY) is not None
    assert released(redirected, never) is None


@pytest.mark.parametrize("ledger", [Ledger(), Ledger(route=ROUTE), Ledger(underway=None)])
def test_weights_without_a_release_are_drift(ledger: Ledger) -> None:
    assert released(rule(WEIGHT, blue=90, green=10), lambda: ledger) is None


def test_requests_that_go_to_another_group_are_drift() -> None:
    assert released(rule(WEIGHT, blue=90, green=10, other="arn:evil"), lambda: UNDER_WAY) is None


def test_groups_that_the_ledger_does_not_know_are_drift() -> None:
    elsewhere = Route(listener="arn:listener", groups={"blue": "arn:x", "green": "arn:y"})
    ledger = Ledger(route=elsewhere, underway=UNDER_WAY.underway)

    assert released(rule(WEIGHT, blue=90, green=10), lambda: ledger) is None


@pytest.mark.parametrize("paths", [(), ("priority",), (WEIGHT, "conditions[0]")])
def test_anything_else_of_the_rule_is_drift_and_asks_nobody(paths: tuple[str, ...]) -> None:
    assert released(rule(*paths, blue=90, green=10), never) is None


def test_another_type_asks_nobody() -> None:
    assert released(compared(WEIGHT), never) is None
