"""Operations that a killed engine left in the local stack: found, told, looked up, settled."""

import json
from typing import Any

import pytest

from stackyard.local.lookup import find_in
from stackyard.local.stack import workspace_of
from stackyard.ops.engine import answer
from stackyard.ops.lookup_named import NOTHING_OUTSIDE
from tests.end_to_end.running_stack import RunningStack

pytestmark = pytest.mark.end_to_end

ENDS = (
    "HorizontalPodAutoscaler::api-blue",
    "RouteTableAssociation::network-data-a",
    "SecurityGroupIngressRule::cache-from-app",
    "WebAclLoggingConfiguration::site-waf",
)
"""Resources that nothing is built upon."""
IMPORTED_BY = {
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "{subnetId}/{routeTableId}",
    "aws:wafv2/webAcl:WebAcl": "{id}/{name}/{scope}",
}
"""Types whose id to import by is not the one in the state."""


def test_operations_that_a_killed_engine_left_are_told_until_they_are_repaired(
    stack: RunningStack,
) -> None:
    # By hand: `pulumi stack import` leaves pending operations out.
    (file,) = (stack.layout.state / ".pulumi" / "stacks").glob("*/local.json")
    state = json.loads(file.read_text())
    latest = state["checkpoint"]["latest"]
    made = [r for r in latest["resources"] if r["urn"].endswith(ENDS)]
    (endpoint,) = (r for r in latest["resources"] if r["urn"].endswith("::network-s3"))
    lost = {**endpoint, "urn": f"{endpoint['urn']}-lost"}
    latest["resources"] = [r for r in latest["resources"] if r not in made]
    latest["pending_operations"] = [_creating(resource) for resource in [*made, lost]]
    file.write_text(json.dumps(state))

    told = stack.stackyard("local", "up")
    repaired = stack.stackyard("local", "repair")
    again = stack.stackyard("local", "up")

    assert told.returncode == 9, told.stderr
    assert f"creating {lost['urn']}" in told.stderr
    assert "make repair" in told.stderr
    assert repaired.returncode == 0, repaired.stderr
    assert repaired.stdout.count("adopted as") == len(made) == len(ENDS)
    assert repaired.stdout.count("cleared: nothing was made") == 1
    assert again.returncode == 0, again.stderr
    assert "nothing to do" in again.stderr


def _creating(resource: dict[str, Any]) -> dict[str, Any]:
    return {"resource": _begun(resource), "type": "creating"}


def test_every_resource_of_the_stack_is_found_by_what_it_is_made_of(stack: RunningStack) -> None:
    workspace = workspace_of(stack.layout)
    find = find_in(workspace.variables)
    state: list[dict[str, Any]] = json.loads(answer(workspace, ["stack", "export"]))["deployment"][
        "resources"
    ]

    found = {
        resource["urn"]: find(_begun(resource), [r for r in state if r is not resource])
        for resource in state
        if resource.get("custom") and not NOTHING_OUTSIDE.match(resource["type"])
    }

    expected = {r["urn"]: [_import_id(r)] for r in state if r["urn"] in found}
    assert len(found) > 100
    assert found == expected


def _import_id(resource: dict[str, Any]) -> str:
    template = IMPORTED_BY.get(resource["type"], "{id}")
    return template.format(**{**resource["inputs"], "id": resource["id"]})


def _begun(resource: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in resource.items() if k not in {"id", "outputs"}}
