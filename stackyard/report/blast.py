"""The blast radius: what depends, at whatever remove, on what is replaced or deleted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from stackyard.ops.stateful import STATEFUL
from stackyard.report.change import Operation, Proposal
from stackyard.report.graph import Graph


@dataclass(frozen=True, kw_only=True)
class Blast:
    """What one change reaches."""

    name: str
    urn: str
    size: int
    """Resources that depend on it, itself left out."""
    stateful: tuple[str, ...]
    """Names of those that hold state."""


def blasts(proposal: Proposal) -> list[Blast]:
    """One for each resource that goes and has dependents; the largest first."""
    dependents = _dependents(proposal.before)
    found: list[Blast] = []
    for change in proposal.changes:
        if change.operation not in (Operation.REPLACE, Operation.DELETE):
            continue
        reached = _reached([change.urn], dependents) - {change.urn}
        custom = [
            node
            for urn in reached
            if (node := proposal.before.get(urn)) is not None
            and node.custom
            and not node.type.startswith("pulumi:providers:")
        ]
        if custom:
            stateful = sorted({node.name for node in custom if node.type in STATEFUL})
            found.append(
                Blast(name=change.name, urn=change.urn, size=len(custom), stateful=tuple(stateful))
            )
    return sorted(found, key=lambda blast: (-len(blast.stateful), -blast.size, blast.urn))


def _dependents(graph: Graph) -> dict[str, list[str]]:
    """Who waits for each resource; what is in a component waits for what the component does."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for node in graph.values():
        for urn in node.dependencies:
            found[urn].append(node.urn)
        if node.parent:
            found[node.parent].append(node.urn)
    return found


def _reached(start: Iterable[str], dependents: dict[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    left = list(start)
    while left:
        urn = left.pop()
        if urn not in reached:
            reached.add(urn)
            left.extend(dependents.get(urn, ()))
    return reached
