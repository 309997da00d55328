"""Each rule of danger: what it sees, and what looks like it and is none."""

from typing import Any

import pytest

from stackyard.ops.stateful import STATEFUL
from stackyard.report.danger import Danger, Level
from stackyard.report.losses import ADVICE
from tests.report.examples import DATABASE, TOPIC, reported, step

CLUSTER = "aws:eks/cluster:Cluster"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def worst(*steps: dict[str, Any]) -> Danger:
    return reported(*steps).dangers[0]


def update(type_: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return step("update", "it", type_=type_, old=old, new=new)


def kinds(*steps: dict[str, Any]) -> list[tuple[str, Level]]:
    return [(danger.kind, danger.level) for danger in reported(*steps).dangers]


def test_a_replaced_database_names_what_goes_and_the_safer_way() -> None:
    danger = worst(
        step("replace", "db", type_=DATABASE, detailedDiff={"kmsKeyId": {"kind": "update-replace"}})
    )

    assert (danger.level, danger.because) == (Level.CRITICAL, ("kmsKeyId",))
    assert danger.says == "is replaced, losing the database"
    assert "hours" in danger.downtime
    assert "restore a snapshot" in danger.instead


def test_whatever_holds_state_has_a_downtime_and_a_safer_way() -> None:
    assert set(ADVICE) == set(STATEFUL)


def test_a_deleted_database_beside_a_new_one_may_be_a_rename() -> None:
    danger = worst(step("delete", "old", type_=DATABASE), step("create", "new", type_=DATABASE))

    assert danger.because == ("made at the same time: new",)
    assert danger.instead == "if it is renamed, give the new one an alias"


def test_what_is_protected_is_critical_whatever_it_is() -> None:
    gone = step("delete", "t")
    gone["oldState"]["protect"] = True

    assert kinds(gone) == [("stateful-delete", Level.CRITICAL)]
    assert worst(gone).says == "is deleted although it is protected"


def test_what_is_let_go_of_is_not_deleted() -> None:
    kept = step("delete", "t", type_=DATABASE)
    kept["oldState"]["retainOnDelete"] = True

    assert kinds(kept) == []


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        (["delete-replaced", "create-replacement"], "delete-before-replace"),
        (["create-replacement", "delete-replaced"], "replace"),
    ],
)
def test_what_is_deleted_first_is_told_by_the_order_of_the_steps(
    order: list[str], kind: str
) -> None:
    danger = worst(*(step(operation, "t") for operation in order))

    assert danger.kind == kind


@pytest.mark.parametrize(
    ("type_", "old", "new", "says"),
    [
        (
            "aws:elasticache/serverlessCache:ServerlessCache",
            {"majorEngineVersion": "7"},
            {"majorEngineVersion": "8"},
            "upgrades its engine by a major version: no way back in place",
        ),
        (
            DATABASE,
            {"engineVersion": "8.0.a.3.10.0"},
            {"engineVersion": "8.0.a.3.11.0"},
            "upgrades",
        ),
        (
            DATABASE,
            {"engineVersion": "8.0.a.3.11.0"},
            {"engineVersion": "8.0.a.3.9.0"},
            "downgrades",
        ),
        (DATABASE, {"engineVersion": "5.7.a"}, {"engineVersion": "8.0.a"}, "by a major version"),
        (CACHE, {"engine": "redis"}, {"engine": "valkey"}, "upgrades its engine by a major"),
        (CLUSTER, {"version": "1.35"}, {"version": "1.36"}, "upgrades its engine: no way back"),
    ],
)
def test_an_engine_upgrade_has_no_way_back(
    type_: str, old: dict[str, Any], new: dict[str, Any], says: str
) -> None:
    danger = worst(update(type_, old, new))

    assert (danger.kind, danger.level) == ("engine-upgrade", Level.HIGH)
    assert says in danger.says


def test_a_version_that_was_not_given_is_no_upgrade() -> None:
    assert kinds(update(DATABASE, {}, {"engineVersion": "8.0"})) == []


def forward(**weights: int) -> dict[str, Any]:
    arn = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/{}/1"
    groups = [{"arn": arn.format(name), "weight": weight} for name, weight in weights.items()]
    return {"actions": [{"type": "forward", "forward": {"targetGroups": groups}}]}


@pytest.mark.parametrize(
    ("type_", "key", "downtime"),
    [
        ("aws:eks/addon:Addon", "addonVersion", "its pods are replaced one by one"),
        ("kubernetes:helm.sh/v3:Release", "version", "its pods are replaced"),
        ("aws:eks/nodeGroup:NodeGroup", "releaseVersion", "every node is drained"),
    ],
)
def test_a_newer_version_of_what_runs_beside_the_app_restarts_it(
    type_: str, key: str, downtime: str
) -> None:
    danger = worst(update(type_, {key: "1.0.0"}, {key: "1.1.0"}))

    assert (danger.kind, danger.level) == ("restart", Level.MEDIUM)
    assert (danger.because, danger.downtime) == ((f"{key}: 1.0.0 → 1.1.0",), downtime)


@pytest.mark.parametrize(
    ("type_", "downtime"),
    [
        ("aws:rds/proxyEndpoint:ProxyEndpoint", "reads by the proxy fail for about 6 min"),
        ("aws:wafv2/webAcl:WebAcl", "requests come in unfiltered"),
        ("kubernetes:karpenter.sh/v1:NodePool", "its nodes are drained and end"),
        (
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            "pods that it kept apart reach each other",
        ),
    ],
)
def test_what_goes_and_serves_is_told_with_what_users_notice(type_: str, downtime: str) -> None:
    danger = worst(step("delete", "it", type_=type_))

    assert (danger.level, danger.downtime) == (Level.HIGH, downtime)


def test_moved_weights_are_told_by_target_group() -> None:
    rule = "aws:lb/listenerRule:ListenerRule"

    danger = worst(update(rule, forward(blue=100, green=0), forward(blue=90, green=10)))

    assert danger.because == ("blue: 100 → 90", "green: 0 → 10")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"value": "[secret]"}, {"value": "plain"}),
        ({"a": {"b": ["[secret]"]}}, {"a": {"b": ["plain"]}}),
        ({"a": "[secret]"}, {"a": {"b": "plain"}}),
        ({"a": "x [secret] y"}, {"a": "plain"}),
    ],
)
def test_a_secret_that_becomes_plain_is_told_without_its_value(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    danger = worst(update(TOPIC, old, new))

    assert danger.kind == "secret-plain"
    assert "plain" not in "".join(danger.because)


@pytest.mark.parametrize("new", ["[secret]", UNKNOWN, "", None, {"b": "[secret]"}])
def test_a_secret_that_stays_one_or_goes_is_no_danger(new: object) -> None:
    assert kinds(update(TOPIC, {"a": "[secret]"}, {"a": new})) == []


def test_ten_deletions_are_no_tidying_up() -> None:
    few = [step("delete", f"t{number}") for number in range(9)]

    assert reported(*few).risk == Level.MEDIUM
    assert reported(*few, step("delete", "t9")).risk == Level.HIGH


def test_the_worst_danger_stands_first_whatever_the_order_of_the_steps() -> None:
    steps = [step("delete", "t"), step("replace", "db", type_=DATABASE)]

    assert worst(*steps) == worst(*reversed(steps))


def test_an_update_without_danger_is_low_and_no_change_none() -> None:
    assert reported(update(TOPIC, {"a": 1}, {"a": 2})).risk == Level.LOW
    assert reported(step("same", "t")).risk == Level.NONE
