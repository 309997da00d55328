"""The roles of bootstrap's graph as IAM would judge them, and IAM's actions by what they do."""

from functools import cache
from typing import Any

from stacks.iam import boundary_arn
from stackyard.graph.recorder import Graph
from tests.fidelity import iam
from tests.graph.accounts import ACCOUNT, account_graph
from tests.graph.iam_decision import Role

ISSUER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
BOUNDARY = boundary_arn(ACCOUNT)
CHANGES = {"Write", "Permissions management", "Tagging"}
"""Access levels of the Service Authorization Reference that change something."""


@cache
def graph() -> Graph:
    """Of the repository's own stack file, with review stacks; it is only read."""
    return account_graph(github={"reviewStacks": True})


def role(kind: str) -> Role:
    """A role's policies and boundary, those that are attached among them."""
    made = graph().named("aws:iam/role:Role", f"github-{kind}")
    documents = [
        reg.inputs["policy"]
        for reg in graph().all("aws:iam/rolePolicy:RolePolicy")
        if reg.inputs["role"] == made.outputs["name"]
    ]
    attached = [
        _document(reg.inputs["policyArn"])
        for reg in graph().all("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if reg.inputs["role"] == made.outputs["name"]
    ]
    boundary = made.inputs.get("permissionsBoundary")
    return Role(
        policies=[*documents, *attached],
        boundary=None if boundary is None else _document(boundary),
    )


def trust(kind: str, **github: Any) -> str:
    """A role's trust policy, of a file whose section `github` has some keys set anew."""
    made = account_graph(github={"reviewStacks": True, **github}) if github else graph()
    return made.named("aws:iam/role:Role", f"github-{kind}").inputs["assumeRolePolicy"]


def output(token: str, name: str) -> str:
    """The ARN of something that bootstrap made."""
    return graph().named(token, name).outputs["arn"]


@cache
def actions(*levels: str, service: str = "") -> tuple[str, ...]:
    """Every action of IAM's table of these access levels, of all services or one."""
    return tuple(
        f"{prefix}:{name}"
        for prefix, known in iam.table().items()
        if service in {"", prefix}
        for name, privilege in known["privileges"].items()
        if privilege["access_level"] in levels
    )


def _document(arn: str) -> str:
    by_arn = {reg.outputs["arn"]: reg for reg in graph().all("aws:iam/policy:Policy")}
    return by_arn[arn].inputs["policy"]
