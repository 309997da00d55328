"""The guard: which steps lose something, what is said of it, and what lets it through."""

from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import DestructiveChangeError, SettingsFaultError
from stackyard.ops.engine import Workspace
from stackyard.ops.guard import (
    Consent,
    Loss,
    consent_of,
    judge_destroy,
    judge_update,
    losses,
    losses_of_destroy,
)
from stackyard.ops.preview import PreviewStep
from stackyard.ops.stateful import STATEFUL

CLUSTER, TOPIC = "aws:rds/cluster:Cluster", "aws:sns/topic:Topic"
WORKSPACE = Workspace(
    root=Path(), stack="prod", variables={}, events=Path("events"), log=Path("log")
)


def urn(name: str, type_: str = CLUSTER) -> str:
    return f"urn:pulumi:prod::app::{type_}::{name}"


def step(
    operation: str, name: str = "db", type_: str = CLUSTER, *, forced: str = "", **old: Any
) -> PreviewStep:
    return PreviewStep(
        operation=operation,
        urn=urn(name, type_),
        old={"type": type_, **old} if operation != "create" else {},
        new={"type": type_},
        forced_by=tuple(forced.split()),
    )


def lost(operation: str = "replace", name: str = "db", **more: Any) -> Loss:
    given = {"type": CLUSTER, "protected": False, **more}
    return Loss(operation=operation, urn=urn(name), **given)


def test_a_replacement_is_one_loss_of_its_three_steps() -> None:
    steps = [
        step("create-replacement", forced="engine"),
        step("replace", forced="engine"),
        step("delete-replaced"),
    ]

    found = losses(steps)

    assert found == [lost("replace", forced_by=("engine",))]


@pytest.mark.parametrize("operation", ["create", "update", "same", "read", "refresh", "import"])
def test_what_takes_nothing_away_is_no_loss(operation: str) -> None:
    assert losses([step(operation, protect=True)]) == []


@pytest.mark.parametrize("type_", sorted(STATEFUL))
def test_every_stateful_type_is_guarded(type_: str) -> None:
    assert [loss.type for loss in losses([step("delete", type_=type_)])] == [type_]


def test_what_is_neither_stateful_nor_protected_may_go() -> None:
    assert losses([step("delete", type_=TOPIC), step("replace", type_=TOPIC)]) == []


def test_what_is_protected_is_guarded_whatever_it_is() -> None:
    (found,) = losses([step("delete", "topic", TOPIC, protect=True)])

    assert (found.operation, found.protected) == ("delete", True)


def test_what_is_let_go_and_not_deleted_is_not_lost() -> None:
    assert losses([step("delete", external=True), step("delete", retainOnDelete=True)]) == []


def test_a_rename_without_an_alias_names_what_is_made_instead() -> None:
    (found,) = losses([step("create", "database"), step("delete", "db")])

    assert found.made_instead == (urn("database"),)


def test_the_refusal_names_the_urn_the_operation_the_property_and_the_way_through() -> None:
    with pytest.raises(DestructiveChangeError, match="nothing was touched") as caught:
        judge_update([lost(forced_by=("engine", "kmsKeyId"), protected=True)], None, WORKSPACE)

    assert str(caught.value).splitlines()[1:] == [
        f"  replace {urn('db')}",
        "    forced by engine, kmsKeyId; with it goes the database; protected",
        "Take the change back, or, if it is meant, say so for this one run:",
        f'  .venv/bin/python -m stackyard up prod --allow-destructive {urn("db")} --reason "why"',
    ]
    assert caught.value.exit_code == 6


def test_consent_to_every_loss_lets_the_update_through() -> None:
    consent = Consent(urns=frozenset([urn("db")]), reason="moved")

    judge_update([lost()], consent, WORKSPACE)


def test_consent_to_one_loss_is_none_to_another_and_the_way_through_has_both() -> None:
    consent = Consent(urns=frozenset([urn("db")]), reason="moved")

    with pytest.raises(DestructiveChangeError, match=f"delete {urn('other')}") as caught:
        judge_update([lost(), lost("delete", "other")], consent, WORKSPACE)

    told, way = str(caught.value).split("Take the change back")
    assert urn("db") not in told
    assert way.count("--allow-destructive") == 2


def test_consent_to_what_is_not_lost_is_refused_as_misspelt() -> None:
    consent = Consent(urns=frozenset([urn("bd")]), reason="moved")

    with pytest.raises(SettingsFaultError, match="neither deletes nor replaces"):
        judge_update([lost()], consent, WORKSPACE)


@pytest.mark.parametrize(
    ("urns", "reason", "says"),
    [
        ([], "moved", "add --allow-destructive URN"),
        ([urn("db")], None, 'needs --reason "why"'),
        ([urn("db")], "  ", 'needs --reason "why"'),
    ],
)
def test_consent_needs_both_a_urn_and_a_reason(
    urns: list[str], reason: str | None, says: str
) -> None:
    with pytest.raises(SettingsFaultError, match=says):
        consent_of(urns, reason)


def test_no_option_is_no_consent() -> None:
    assert consent_of([], None) is None


def test_the_message_for_the_history_has_the_reason_and_the_urns() -> None:
    consent = consent_of([urn("db")], " moved to Serverless, OPS-7 ")

    assert consent is not None
    assert consent.message == f"moved to Serverless, OPS-7 [destroys {urn('db')}]"


def test_a_destroy_loses_all_that_is_stateful_in_the_state() -> None:
    resources = [
        {"urn": urn("db"), "type": CLUSTER},
        {"urn": urn("topic", TOPIC), "type": TOPIC},
        {"urn": urn("theirs"), "type": CLUSTER, "external": True},
    ]

    assert [loss.urn for loss in losses_of_destroy({"resources": resources})] == [urn("db")]
    assert losses_of_destroy({}) == []


def test_a_destroy_of_what_is_protected_says_what_to_change() -> None:
    with pytest.raises(DestructiveChangeError, match=r"protect: false` in Pulumi\.prod\.yaml"):
        judge_destroy([lost("delete", protected=True)], WORKSPACE)


def test_a_destroy_is_meant_to_delete_what_is_not_protected() -> None:
    judge_destroy([lost("delete")], WORKSPACE)
