"""What becomes of each resource between two graphs."""

from collections.abc import Set as AbstractSet

from stackyard.report.change import Operation
from stackyard.report.graph import Graph

OPERATIONS = (Operation.DELETE, Operation.REPLACE, Operation.UPDATE, Operation.CREATE)
"""What two graphs can show, the gravest first."""


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
            found[urn] = Operation.CREATE
        elif urn in replaced:
            found[urn] = Operation.REPLACE
        elif old.inputs != node.inputs:
            found[urn] = Operation.UPDATE
    for urn, node in before.items():
        if node.custom and urn not in after:
            found[urn] = Operation.DELETE
    return found
