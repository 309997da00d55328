"""A state with an operation that a killed engine left: found, told, repaired by what is told."""

import json
import re

import pytest

from tests.end_to_end.running_stack import RunningStack, stackyard

pytestmark = pytest.mark.end_to_end


def test_an_operation_that_a_killed_engine_left_is_told_until_it_is_repaired(
    stack: RunningStack,
) -> None:
    exported = stack.shell("pulumi stack export")
    state = json.loads(exported.stdout)
    (endpoint,) = (r for r in state["deployment"]["resources"] if r["urn"].endswith("::network-s3"))
    lost = {**endpoint, "urn": f"{endpoint['urn']}-lost"}
    state["deployment"]["pending_operations"] = [{"resource": lost, "type": "creating"}]
    file = stack.layout.run / "killed.json"
    file.write_text(json.dumps(state))
    imported = stack.shell(f"pulumi stack import --file {file}")
    assert imported.returncode == 0, imported.stderr

    told = stackyard("local", "up")
    (command,) = re.findall(r"source .local/env; (.*);", told.stderr)
    repaired = stack.shell(command)
    again = stackyard("local", "up")

    assert told.returncode == 9
    assert f"creating {lost['urn']}" in told.stderr
    assert repaired.returncode == 0, repaired.stderr
    assert again.returncode == 0, again.stderr
