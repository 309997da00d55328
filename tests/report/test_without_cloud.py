"""A change worked out from the recorded graph and an exported state alone."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import SettingsFaultError
from stackyard.report.change import UNKNOWN
from stackyard.report.command import from_recorded
from stackyard.report.danger import Level
from stackyard.report.graph import Graph, Node
from stackyard.report.parse import State, state_of
from stackyard.report.proposal import proposal_of
from stackyard.report.recorded import exported, recorded
from stackyard.report.report import report_of
from stackyard.report.without_cloud import steps_between

ROOT = Path(__file__).parents[2]
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}
URN = "urn:pulumi:prod::stackyard::"
BUCKET, CLUSTER = "aws:s3/bucket:Bucket", "aws:rds/cluster:Cluster"


def node(type_: str, name: str, **inputs: Any) -> Node:
    return Node(
        urn=f"{URN}{type_}::{name}", type=type_, name=name, inputs=inputs, dependencies=frozenset()
    )


def graph(*nodes: Node) -> Graph:
    return {each.urn: each for each in nodes}


def kept(each: Node, **more: Any) -> dict[str, Any]:
    """A resource as a state keeps it."""
    state = {"urn": each.urn, "type": each.type, "custom": each.custom, "parent": each.parent}
    return {**state, "inputs": dict(each.inputs), **more}


def state(*resources: Mapping[str, Any]) -> State:
    return state_of({"manifest": {"time": "now"}, "resources": list(resources)}, "state.json")


def operation(old: dict[str, Any], new: dict[str, Any], type_: str = BUCKET) -> str:
    (step,) = steps_between(state(kept(node(type_, "it", **old))), graph(node(type_, "it", **new)))
    return step.operation


@cache
def prod(*, preview: bool) -> Graph:
    return recorded(ROOT, "prod", preview=preview)


def deployed() -> list[dict[str, Any]]:
    """A state of the production stack, as if the recorded graph had been made."""
    return [
        kept(each, dependencies=sorted(each.dependencies)) for each in prod(preview=False).values()
    ]


def test_a_stack_that_is_as_the_program_says_has_nothing_to_do() -> None:
    steps = steps_between(state(*deployed()), prod(preview=True))

    assert {step.operation for step in steps} == {"same"}
    assert len(steps) > 200


def test_a_property_that_replaces_the_database_is_found_without_an_account(tmp_path: Path) -> None:
    resources = deployed()
    (database,) = (each for each in resources if each["type"] == CLUSTER)
    database["inputs"]["databaseName"] = "other"
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))

    report = from_recorded(ROOT, "prod", file)

    assert [danger.kind for danger in report.dangers] == ["stateful-replace"]
    assert report.dangers[0].because == ("databaseName",)
    assert report.source.startswith("the recorded graph")


def test_a_state_of_another_stack_is_no_base(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    urn = "urn:pulumi:staging::stackyard::aws:s3/bucket:Bucket::it"
    file.write_text(json.dumps({"deployment": {"resources": [{"urn": urn, "type": BUCKET}]}}))

    with pytest.raises(SettingsFaultError, match="not of one stack"):
        from_recorded(ROOT, "prod", file)


def test_what_the_program_has_no_more_is_deleted() -> None:
    (step,) = steps_between(state(kept(node(BUCKET, "gone"))), graph())

    assert (step.operation, step.urn) == ("delete", f"{URN}{BUCKET}::gone")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": "arn:1"}, {"a": UNKNOWN}),
        ({"a": {"b": ["arn:1", "x"]}}, {"a": {"b": [UNKNOWN, "x"]}}),
        ({"a": SECRET}, {"a": "[secret]"}),
        ({"a": SECRET}, {"a": {"b": UNKNOWN}}),
        ({"a": '{"b": 1, "c": 2}'}, {"a": '{"c":2,"b":1}'}),
        ({"bucket": "it-1a2b3c4"}, {}),
        ({"force": False, "__defaults": ["force"]}, {}),
        ({"a": {"b": 1, "c": 2, "__defaults": ["c"]}}, {"a": {"b": 1}}),
        ({"tagsAll": {"a": "b"}}, {}),
        ({}, {"__internal": {}}),
    ],
)
def test_what_only_aws_knows_or_a_provider_filled_in_is_no_change(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert operation(old, new) == "same"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {}),
        ({}, {"a": 1}),
        ({"a": ["x"]}, {"a": ["x", UNKNOWN]}),
        ({"a": SECRET}, {"a": "plain"}),
        ({"a": '{"b": 1}'}, {"a": '{"b": 2}'}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
    ],
)
def test_what_differs_is_an_update(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert operation(old, new) == "update"


@pytest.mark.parametrize("identifier", ["db-1", UNKNOWN])
def test_what_takes_its_value_from_a_replaced_resource_changes_with_it(identifier: str) -> None:
    database = node(CLUSTER, "db", databaseName="b")
    writer = node("aws:rds/clusterInstance:ClusterInstance", "w", clusterIdentifier=UNKNOWN)
    before = state(
        kept(node(CLUSTER, "db", databaseName="a")),
        kept(
            node(writer.type, "w", clusterIdentifier=identifier),
            propertyDependencies={"clusterIdentifier": [database.urn]},
        ),
    )

    steps = steps_between(before, graph(database, writer))

    assert [(step.operation, step.forced_by) for step in steps] == [
        ("replace", ("databaseName",)),
        ("replace", ("clusterIdentifier",)),
    ]


def test_another_network_between_two_recorded_graphs_replaces_all_that_stands_in_it(
    tmp_path: Path,
) -> None:
    file = tmp_path / "before.json"
    before = json.loads(exported(ROOT, "prod"))
    (network,) = (
        each for each in before["deployment"]["resources"] if each["type"] == "aws:ec2/vpc:Vpc"
    )
    network["inputs"]["cidrBlock"] = "10.99.0.0/16"
    file.write_text(json.dumps(before))

    report = from_recorded(ROOT, "prod", file)

    assert report.risk == Level.CRITICAL
    assert (report.dangers[0].type, report.dangers[0].kind) == (
        "aws:eks/cluster:Cluster",
        "stateful-replace",
    )


def test_against_a_state_without_resources_it_is_a_first_deployment() -> None:
    proposal = proposal_of(steps_between(state(), prod(preview=True)), state=state())

    report = report_of(proposal)

    assert proposal.is_first
    assert report.risk == Level.LOW, [(each.name, each.says) for each in report.dangers]
