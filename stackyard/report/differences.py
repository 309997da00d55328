"""What becomes of each resource between two graphs."""

from collections.abc import Set as AbstractSet
from typing import Literal

from stackyard.report.graph import Graph

Operation = Literal["create", "update", "replace", "delete"]
OPERATIONS: tuple[Operation, ...] = ("delete", "replace", "update", "create")
"""The gravest first."""


def differences(
    before: Graph, after: Graph, replaced: AbstractSet[str] = frozenset()
) -> dict[str, Operation]:
    """The operation on each resource that does not stay as it is, by URN in the graphs' order.

    Two graphs do not say which changes force a replacement: `replaced` names those.
    """
    found: dict[str, Operation] = {}
    for urn, node in after.items():
        if not node.custom:
            continue
        old = before.get(urn)
        if old is None:
            found[urn] = "create"
        elif urn in replaced:
            found[urn] = "replace"
        elif old.inputs != node.inputs:
            found[urn] = "update"
    for urn, node in before.items():
        if node.custom and urn not in after:
            found[urn] = "delete"
    return found
