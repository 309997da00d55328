"""Graphs for the tests of reports: the repository's own stacks, and small ones made by hand."""

import dataclasses
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stackyard.report.graph import Graph, Node
from stackyard.report.recorded import nodes_of, recorded
from tests.graph.setting_changes import PUBLIC_KEY
from tests.graph.stacks import graph_of, stack_config

ROOT = Path(__file__).parents[2]


@cache
def stack(name: str) -> Graph:
    """What the program registers for `Pulumi.<name>.yaml`."""
    return recorded(ROOT, name)


@cache
def newest() -> tuple[Graph, ...]:
    """What the program registers for a large stack with the settings that change its parts most."""
    return tuple(nodes_of(graph_of("prod", config=_with(sections))) for sections in _NEWEST)


def _with(sections: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    config = stack_config("prod")
    for name, keys in sections.items():
        config[f"stackyard:{name}"] = {**config.get(f"stackyard:{name}", {}), **keys}
    return config


_NEWEST: tuple[dict[str, dict[str, Any]], ...] = (
    {
        "network": {"nat": "instance", "ipv6": True},
        "database": {"backtrackHours": 24},
        "cache": {"mode": "serverless"},
        "cluster": {
            "compute": "karpenter",
            "spotPercent": 30,
            "tunnel": True,
            "secretsDriver": True,
        },
        "app": {"recommendMemory": True, "partitionPosts": True},
        "edge": {
            "originLock": "header",
            "failoverRegion": "us-west-2",
            "signedPaths": {"/members/*": [PUBLIC_KEY]},
        },
    },
    {
        "network": {"nat": "regional"},
        "database": {"readerClass": "db.serverless", "storage": "ioOptimized"},
        "cluster": {"compute": "auto", "spotPercent": 30},
    },
)


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
