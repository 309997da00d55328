"""Roles of a stack: under the path of stacks, and under a boundary where the stack has one."""

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.pipeline_roles import BOUNDARY, role
from tests.graph.stacks import graph_of, with_section

ROLE = "aws:iam/role:Role"


@pytest.fixture(scope="module")
def bounded() -> Graph:
    config = with_section("prod", "env", permissionsBoundary=BOUNDARY)
    config["stackyard:cluster"] = {**config["stackyard:cluster"], "compute": "karpenter"}
    return graph_of("prod", config=config)


def test_every_role_is_under_the_boundary(bounded: Graph) -> None:
    roles = bounded.all(ROLE)

    assert len(roles) > 5
    assert {made.inputs["permissionsBoundary"] for made in roles} == {BOUNDARY}


def test_the_deploy_role_may_make_every_role_and_profile_of_a_stack(bounded: Graph) -> None:
    deploy, under = role("deploy"), {"iam:PermissionsBoundary": BOUNDARY}
    made = {ROLE: "iam:CreateRole", "aws:iam/instanceProfile:InstanceProfile": ""}
    asked = [
        (made[reg.type] or "iam:CreateInstanceProfile", reg.outputs["arn"])
        for reg in bounded.values()
        if reg.type in made
    ]

    assert [one for one in asked if not deploy.may(*one, under)] == []


def test_a_stack_without_a_boundary_has_the_same_roles() -> None:
    plain = graph_of("prod")

    assert {made.inputs["path"] for made in plain.all(ROLE)} == {"/stackyard/"}
    assert [made.name for made in plain.all(ROLE) if "permissionsBoundary" in made.inputs] == []
