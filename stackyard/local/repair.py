"""`make repair`: what a killed run left unfinished in the local stack, looked up and settled."""

from stackyard.errors import StackyardError
from stackyard.local import cloud
from stackyard.local.layout import Layout
from stackyard.local.lookup import find_in
from stackyard.local.stack import workspace_of
from stackyard.ops.repair import Repaired, Ways
from stackyard.ops.repair import repair as settle
from stackyard.progress import Progress


def repair(layout: Layout, ways: Ways, progress: Progress) -> list[Repaired]:
    """What was done, one an operation. Raises `StackyardError` when the cloud is not up."""
    if cloud.supervisor_pid(layout) is None:
        raise StackyardError("the embedded cloud is not up; run: make up")
    workspace = workspace_of(layout)
    return settle(workspace, ways, find_in(workspace.variables), progress)
