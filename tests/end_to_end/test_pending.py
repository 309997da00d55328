"""A state with an operation that a killed engine left: found, told, repaired by what is told."""

import json
import re

import pytest

from tests.end_to_end.running_stack import RunningStack

pytestmark = pytest.mark.end_to_end


def test_an_operation_that_a_killed_engine_left_is_told_until_it_is_repaired(
    stack: RunningStack,
) -> None:
    # By hand: `pulumi stack import` leaves pending operations out.
    (file,) = (stack.layout.state / ".pulumi" / "stacks").glob("*/local.json")
    state = json.loads(file.read_text())
    latest = state["checkpoint"]["latest"]
    (endpoint,) = (r for r in latest["resources"] if r["urn"].endswith("::network-s3"))
    lost = {**endpoint, "urn": f"{endpoint['urn']}-lost"}
    latest["pending_operations"] = [{"resource": lost, "type": "creating"}]
    file.write_text(json.dumps(state))

    told = stack.stackyard("local", "up")
    assert told.returncode == 9, told.stderr
    (command,) = re.findall(r"source \S+; (.*);", told.stderr)
    repaired = stack.shell(command)
    again = stack.stackyard("local", "up")

    assert f"creating {lost['urn']}" in told.stderr
    assert repaired.returncode == 0, repaired.stderr
    assert again.returncode == 0, again.stderr
