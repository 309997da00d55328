"""What a stack gives back, as its state has it; nobody else is asked."""

import json
from collections.abc import Mapping
from typing import Any

from stackyard.errors import StackyardError
from stackyard.ops.engine import Workspace
from stackyard.ops.faults import ask


def outputs_of(workspace: Workspace) -> Mapping[str, Any]:
    """The outputs by name, secret ones as `[secret]`: no passphrase is needed, none is shown.

    Raises `StackyardError` for a stack that has none, and what `ask` raises.
    """
    outputs: dict[str, Any] = json.loads(ask(workspace, ["stack", "output", "--json"]))
    if not outputs:
        raise StackyardError(
            f"the stack {workspace.stack} has no outputs: it was not brought up yet, or is"
            f" destroyed; bring it up: stackyard up {workspace.stack}"
        )
    return outputs
