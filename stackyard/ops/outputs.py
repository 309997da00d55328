"""What a stack gives back, as its state has it; nobody else is asked."""

import json
from collections.abc import Mapping
from typing import Any

from stackyard.errors import StackyardError
from stackyard.ops.engine import Workspace
from stackyard.ops.faults import ask


def stack_outputs(workspace: Workspace) -> dict[str, Any]:
    """The outputs by name, secret ones as `[secret]`; none before the first update.

    Raises what `ask` raises.
    """
    outputs: dict[str, Any] = json.loads(ask(workspace, ["stack", "output", "--json"]))
    return outputs


def outputs_of(workspace: Workspace) -> Mapping[str, Any]:
    """As `stack_outputs`, of a stack that has some: no passphrase is needed, none is shown.

    Raises `StackyardError` for one that has none.
    """
    outputs = stack_outputs(workspace)
    if not outputs:
        raise StackyardError(
            f"the stack {workspace.stack} has no outputs: it was not brought up yet, or is"
            f" destroyed; bring it up: stackyard up {workspace.stack}"
        )
    return outputs
