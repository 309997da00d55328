"""What nodes and other machines are charged for, whoever makes them."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from stackyard.report.graph import Node
from stackyard.report.shapes import items, mapping, number
from stackyard.report.usage import (
    AUTO_MODE_SHARE,
    ROOT_DISK_GIB,
    SPOT_SHARE,
    Amount,
    Asked,
    between,
    hourly,
)

POOL = "kubernetes:karpenter.sh/v1:NodePool"
_AUTO_MODE = "eks.amazonaws.com"
"""API group of the classes that EKS Auto Mode makes nodes of."""
_GIB = re.compile(r"(\d+)(?:Gi)?")


def node_group(node: Node, asked: Asked) -> Iterator[Amount]:
    """A managed node group, between its fewest and its most."""
    scaling = mapping(node.inputs.get("scalingConfig"))
    fewest = number(scaling.get("minSize")) or 1
    most = number(scaling.get("maxSize")) or fewest
    types = [str(each) for each in items(node.inputs.get("instanceTypes"))] or ["t3.medium"]
    spot = node.inputs.get("capacityType") == "SPOT"
    yield from _nodes(between(fewest, most, asked.usage), types, _disk(node, asked), spot=spot)


def node_pool(node: Node, asked: Asked) -> Iterator[Amount]:
    """A pool of Karpenter or Auto Mode, up to its limit; of the first of the types it may take.

    Karpenter's starts at no node, since a node group stands beside it; Auto Mode has no other
    nodes, and the pods spread over the zones keep one in each.
    """
    spec = mapping(node.inputs.get("spec"))
    machine_spec = mapping(mapping(spec.get("template")).get("spec"))
    wanted = {
        str(mapping(each).get("key")): [str(value) for value in items(mapping(each).get("values"))]
        for each in items(machine_spec.get("requirements"))
    }
    types = wanted.get("node.kubernetes.io/instance-type") or ["t3.medium"]
    spot = wanted.get("karpenter.sh/capacity-type") == ["spot"]
    auto = mapping(machine_spec.get("nodeClassRef")).get("group") == _AUTO_MODE
    fewest = 0 if spot or not auto else zones(asked)
    most = max(fewest, number(mapping(spec.get("limits")).get("nodes")) or fewest)
    counts = between(fewest, most, asked.usage)
    yield from _nodes(counts, types, _disk(node, asked), spot=spot, managed=auto)


def machine(node: Node, asked: Asked) -> Iterator[Amount]:
    """One instance by itself, of its own type or that of the launch template it waits for."""
    near = (asked.graph.get(urn) for urn in sorted(node.dependencies))
    given = [node, *(found for found in near if found is not None)]
    sizes = (each.inputs.get("instanceType") for each in given)
    size = next((str(size) for size in sizes if size), "of an unknown type")
    yield hourly(
        f"ec2.{size}",
        f"instances ({size})",
        (1, 1, 1),
        reservable=True,
    )


def _nodes(
    counts: tuple[float, float, float],
    types: Sequence[str],
    disk: float,
    *,
    spot: bool,
    managed: bool = False,
) -> Iterator[Amount]:
    low, expected, high = counts
    yield hourly(
        f"ec2.{types[0]}",
        f"nodes ({types[0]}{', spot' if spot else ''})",
        counts,
        factor=SPOT_SHARE if spot else Decimal(1),
        reservable=not spot,
    )
    if managed:
        yield hourly(
            f"ec2.{types[0]}",
            "EKS Auto Mode",
            counts,
            factor=AUTO_MODE_SHARE,
        )
    yield Amount(
        key="ebs.gp3",
        what="disks of nodes",
        low=low * disk,
        expected=expected * disk,
        high=high * disk,
    )


def zones(asked: Asked) -> int:
    """How many zones the subnets lie in."""
    subnets = asked.all("aws:ec2/subnet:Subnet")
    return len({str(subnet.inputs.get("availabilityZone")) for subnet in subnets}) or 1


def _disk(nodes: Node, asked: Asked) -> float:
    """GiB of a node's disk, by the launch template or class that it waits for, or by itself."""
    for urn in sorted(nodes.dependencies):
        near = asked.graph.get(urn)
        if near is None:
            continue
        spec = mapping(near.inputs.get("spec"))
        sizes = [mapping(spec.get("ephemeralStorage")).get("size")]
        for given in (near.inputs, spec):
            devices = items(given.get("blockDeviceMappings"))
            sizes += [mapping(mapping(each).get("ebs")).get("volumeSize") for each in devices]
        for size in sizes:
            found = _GIB.fullmatch(str(size))
            if found is not None:
                return float(found[1])
    return number(nodes.inputs.get("diskSize")) or ROOT_DISK_GIB
