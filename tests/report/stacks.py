"""Graphs for the tests of reports: the repository's own stacks, and small ones made by hand."""

import dataclasses
from functools import cache
from pathlib import Path
from typing import Any

from stackyard.report.graph import Graph, Node
from stackyard.report.recorded import recorded

ROOT = Path(__file__).parents[2]


@cache
def stack(name: str) -> Graph:
    """What the program registers for `Pulumi.<name>.yaml`."""
    return recorded(ROOT, name)


def node(type_: str, name: str, *needs: str, parent: str | None = None, **inputs: Any) -> Node:
    """A resource whose URN is its name."""
    return Node(
        urn=name,
        type=type_,
        name=name,
        inputs=inputs,
        dependencies=frozenset(needs),
        parent=parent,
    )


def graph(*nodes: Node) -> Graph:
    """Resources by URN."""
    return {each.urn: each for each in nodes}


def urn_of(of: Graph, type_: str, name: str) -> str:
    """The URN of the only resource with that last word of its type and that name."""
    (found,) = [n.urn for n in of.values() if n.type.endswith(f":{type_}") and n.name == name]
    return found


def changed(of: Graph, urn: str, **inputs: Any) -> Graph:
    """The graph with other inputs of one resource."""
    return {**of, urn: dataclasses.replace(of[urn], inputs={**of[urn].inputs, **inputs})}


def without(of: Graph, urn: str) -> Graph:
    """The graph without one resource."""
    return {each: found for each, found in of.items() if each != urn}
