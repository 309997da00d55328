"""The roles of pipelines against what CloudFormation needs for the stacks, and their roles ask."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from stackyard.local.aws import cloudformation
from tests.fidelity import iam
from tests.fidelity.graphs import BOOTSTRAP
from tests.fidelity.mapping import target
from tests.graph.accounts import ACCOUNT
from tests.graph.iam_decision import Role
from tests.graph.pipeline_roles import BOUNDARY, role
from tests.graph.stacks import graph_of, with_section

OWN = f"arn:aws:iam::{ACCOUNT}:role/stackyard/one"
SERVICE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/eks.amazonaws.com/one"
LEDGER = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/stackyard/prod/release"
STACK = {"iam:PermissionsBoundary": BOUNDARY, "aws:ResourceTag/project": "stackyard"}
NOT_FOR_STACKS = {
    "acm-pca": "certificates of a private authority",
    "cognito-idp": "load balancers that sign people in",
    "firehose": "logs of the web ACL; they go to CloudWatch",
    "iam:DeleteRolePermissionsBoundary": "no role comes out from under its boundary",
    "iam:DescribeOrganization": "no action of IAM",
    "lambda": "functions",
    "payments": "connected accounts of CloudFront",
    "s3tables": "tables of a bucket's metadata",
    "sts": "roles of another account",
    "vpc-lattice": "service networks",
    "vpce": "endpoints of another region",
}
"""What CloudFormation may do for types of the stacks, and no stack of ours asks for."""
NOT_FOR_DRIFT = {
    "iam:PassRole": "CloudFormation lists it with reads",
    "vpc-lattice": "service networks",
}
NOT_FOR_PREVIEWS = {**NOT_FOR_DRIFT, "secretsmanager:GetSecretValue": "no refresh in a preview"}


def handlers(graphs: list[Graph], *kinds: str) -> list[str]:
    """What CloudFormation's own handlers of the graphs' types need."""
    tokens = {reg.type for graph in graphs for reg in graph.values() if reg.type[:4] == "aws:"}
    places = {place.type for place in map(target, tokens) if place}
    needed: set[str] = set()
    for type_ in places:
        found: dict[str, dict[str, Any]] = cloudformation.schema(type_).get("handlers", {})
        needed |= {each for kind in kinds if kind in found for each in found[kind]["permissions"]}
    return sorted(needed)


@pytest.fixture(scope="module")
def stacks(graphs: dict[str, Graph], changed_graphs: list[Graph]) -> list[Graph]:
    auto = graph_of("prod", config=with_section("prod", "cluster", compute="auto"))
    own = [graph for name, graph in graphs.items() if name != BOOTSTRAP]
    return [*own, *changed_graphs, auto]


def refused(asked: Role, actions: list[str], known: dict[str, str]) -> list[str]:
    """Which are let through for no resource of a stack, those with a reason left out."""
    return [
        action
        for action in actions
        if not {action, action.partition(":")[0]} & set(known)
        and not any(asked.may(action, arn, STACK) for arn in ("*", OWN, SERVICE_ROLE, LEDGER))
    ]


def test_a_deployment_may_all_that_cloudformation_would_need(stacks: list[Graph]) -> None:
    needed = handlers(stacks, "create", "read", "update", "delete", "list")

    assert len(needed) > 400
    assert refused(role("deploy"), needed, NOT_FOR_STACKS) == []


@pytest.mark.parametrize(
    ("kind", "known"), [("preview", NOT_FOR_PREVIEWS), ("drift", NOT_FOR_DRIFT)]
)
def test_a_reader_reads_all_that_stacks_are_made_of(
    kind: str, known: dict[str, str], stacks: list[Graph]
) -> None:
    needed = handlers(stacks, "read", "list")

    assert len(needed) > 120
    assert refused(role(kind), needed, known) == []


@pytest.mark.parametrize(("kind", "known"), [("deploy", NOT_FOR_STACKS), ("drift", NOT_FOR_DRIFT)])
def test_no_reason_stands_for_what_is_allowed(
    kind: str, known: dict[str, str], stacks: list[Graph]
) -> None:
    needed = handlers(stacks, "create", "read", "update", "delete", "list")
    left = refused(role(kind), needed, {})

    assert {name for name in known if not any(one.startswith(name) for one in left)} == set()


BEYOND_THE_BOUNDARY = {
    "cognito-idp": "load balancers that sign people in",
    "shield": "Shield Advanced",
}
"""What AWS's policies of Auto Mode allow for load balancers, of which it makes none here."""


def test_the_boundary_takes_nothing_from_roles_of_stacks(stacks: list[Graph]) -> None:
    asked = {action for graph in stacks for action in _asked_by_roles(graph)}
    within = Role(policies=role("deploy").policies)

    assert len(asked) > 100
    assert refused(within, sorted(asked), BEYOND_THE_BOUNDARY) == []


def _asked_by_roles(graph: Graph) -> Iterator[str]:
    """Every action that a policy of a role allows, patterns spelled out."""
    for reg in graph.values():
        text = reg.inputs.get("policy")
        if reg.type == "aws:iam/rolePolicy:RolePolicy" and isinstance(text, str):
            yield from _allowed(json.loads(text))
        if reg.type == "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
            name = reg.inputs["policyArn"].rpartition("/")[2]
            yield from _allowed(iam.managed_policies()[name]["Document"])


def _allowed(document: dict[str, Any]) -> Iterator[str]:
    for statement in document["Statement"]:
        given = statement["Action"]
        for pattern in given if isinstance(given, list) else [given]:
            prefix = pattern.partition(":")[0]
            yield from (f"{prefix}:{found['privilege']}" for found in iam.matching(pattern))
