"""Ways to pay less for the same stack, side by side: each as the cost of the stack with it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from stackyard.report.cost import Cost, cost
from stackyard.report.cost_items import vcpus
from stackyard.report.graph import Graph, Node
from stackyard.report.prices import PriceTable, price_table
from stackyard.report.shapes import items
from stackyard.report.usage import Usage

RESERVED = (("reserved for a year", Decimal("0.30")), ("reserved for three years", Decimal("0.50")))
"""Discounts of the scaling guide: 30 to 50 % for reserved capacity."""
_X86 = re.compile(r"\b([cmr])([5-8])[ia]?n?\.|\b(t)3a?\.")
SMALLEST_ACUS = 0.5


@dataclass(frozen=True, kw_only=True)
class Lever:
    """One way, and what the stack would cost with it."""

    name: str
    expected: Decimal
    """USD a month."""
    saves: Decimal
    """USD a month of the expected cost; less than nothing where it costs more."""
    note: str
    applied: bool = False
    """Whether the stack has it already, so that nothing is left to save."""


def levers(graph: Graph, usage: Usage, table: PriceTable | None = None) -> list[Lever]:
    """All that apply to what the graph holds, in a fixed order."""
    prices = table or price_table()
    now = cost(graph, usage, prices)
    return [
        *_other_graphs(graph, usage, prices, now),
        *(_reserved(name, share, now) for name, share in RESERVED),
    ]


def _other_graphs(graph: Graph, usage: Usage, prices: PriceTable, now: Cost) -> Iterator[Lever]:
    for name, change, note in _CHANGES:
        other = change(graph)
        if other is None:
            continue
        then = cost(other, usage, prices)
        # What has no price with the lever would seem to be saved whole.
        if set(then.unpriced) - set(now.unpriced):
            continue
        yield Lever(
            name=name,
            expected=then.expected,
            saves=now.expected - then.expected,
            note=note,
            applied=other == graph,
        )


def _reserved(name: str, share: Decimal, now: Cost) -> Lever:
    """Only what always runs is worth a commitment: the low estimate of instance hours."""
    hours = sum((line.low for line in now.lines if line.reservable), Decimal("0.00"))
    saves = (hours * share).quantize(Decimal("0.01"))
    return Lever(
        name=name,
        expected=now.expected - saves,
        saves=saves,
        note=f"{share:.0%} off the instances that always run",
    )


def _spot(graph: Graph) -> Graph | None:
    return _with(graph, "aws:eks/nodeGroup:NodeGroup", lambda _: {"capacityType": "SPOT"})


def _one_nat(graph: Graph) -> Graph | None:
    gateways = sorted(n.urn for n in graph.values() if n.type == "aws:ec2/natGateway:NatGateway")
    if not gateways:
        return None
    spare = set(gateways[1:])
    addresses = {
        urn
        for gateway in spare
        for urn in graph[gateway].dependencies
        if urn in graph and graph[urn].type == "aws:ec2/eip:Eip"
    }
    return {urn: node for urn, node in graph.items() if urn not in spare | addresses}


def _graviton(graph: Graph) -> Graph | None:
    def arm(name: object) -> str:
        return _X86.sub(lambda m: f"{m[1]}{max(6, int(m[2]))}g." if m[1] else "t4g.", str(name))

    nodes = _with(
        graph,
        "aws:eks/nodeGroup:NodeGroup",
        lambda node: {"instanceTypes": [arm(t) for t in items(node.inputs.get("instanceTypes"))]},
    )
    databases = _with(
        nodes or graph,
        "aws:rds/clusterInstance:ClusterInstance",
        lambda node: {"instanceClass": arm(node.inputs.get("instanceClass"))},
    )
    return databases or nodes


def _serverless(graph: Graph) -> Graph | None:
    """As much memory at most as the provisioned instances have: two GiB a capacity unit."""
    instances = [n for n in graph.values() if n.type == _INSTANCE]
    provisioned = [n for n in instances if n.inputs.get("instanceClass") != "db.serverless"]
    if not provisioned:
        return graph if instances else None
    # Memory-optimised classes have 8 GiB a vCPU.
    most = max(vcpus(str(node.inputs.get("instanceClass"))) for node in provisioned) * 4
    scaling = {"minCapacity": SMALLEST_ACUS, "maxCapacity": most}
    other = _with(graph, _INSTANCE, lambda _: {"instanceClass": "db.serverless"})
    return _with(
        other or graph,
        "aws:rds/cluster:Cluster",
        lambda _: {"serverlessv2ScalingConfiguration": scaling},
    )


def _with(graph: Graph, type_: str, inputs: Callable[[Node], dict[str, Any]]) -> Graph | None:
    """The graph with other inputs of a type; none where it has no such resource."""
    if not any(node.type == type_ for node in graph.values()):
        return None
    return {
        urn: replace(node, inputs={**node.inputs, **inputs(node)}) if node.type == type_ else node
        for urn, node in graph.items()
    }


_INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
_CHANGES: Sequence[tuple[str, Callable[[Graph], Graph | None], str]] = (
    ("spot nodes", _spot, "AWS may take a node back at two minutes' notice"),
    ("Graviton", _graviton, "arm64 images for nodes, nothing to do for databases"),
    ("one NAT gateway", _one_nat, "a zone's failure may take the way out of all zones"),
    ("Aurora Serverless", _serverless, "pays by load; costs more than an instance when busy"),
)
