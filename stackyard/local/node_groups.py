"""The node groups that the embedded EKS holds, followed as they change."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from stackyard.local.aws.connection import Connection
from stackyard.local.changes import ChangeCounter, after_each_change
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.kube_json import child, children, words
from stackyard.local.layout import Layout
from stackyard.local.node_objects import NodeGroup
from stackyard.local.secrets import Secrets
from stackyard.local.wire import JsonObject

GroupsSeen = Callable[[Sequence[NodeGroup]], Coroutine[Any, Any, None]]
FollowGroups = Callable[[GroupsSeen], Coroutine[Any, Any, None]]
"""Calls back with the node groups at once and whenever they are others; runs without end."""

_GONE = {"DELETING", "CREATE_FAILED"}


def follow_node_groups(layout: Layout, secrets: Secrets, *, region: str) -> FollowGroups:
    """Follow the node groups of all clusters in one region of the slot's embedded AWS."""

    async def follow(seen: GroupsSeen) -> None:
        last: list[NodeGroup] | None = None
        aws = embedded_aws(layout, secrets).at(region)

        async def look() -> None:
            nonlocal last
            now = await asyncio.to_thread(node_groups, aws)
            if now != last:
                await seen(now)
                last = now

        await after_each_change(ChangeCounter(layout, secrets), look, name="node groups")

    return follow


def node_groups(aws: Connection) -> list[NodeGroup]:
    """The node groups of every cluster, with the zones of their subnets."""
    described: list[JsonObject] = [
        aws.call("eks", "describe_nodegroup", clusterName=cluster, nodegroupName=name)["nodegroup"]
        for cluster in aws.every("eks", "list_clusters", "clusters")
        for name in aws.every("eks", "list_nodegroups", "nodegroups", clusterName=cluster)
    ]
    live = [group for group in described if group.get("status") not in _GONE]
    subnets = sorted({subnet for group in live for subnet in words(group, "subnets")})
    if not subnets:
        return []
    answer = aws.call("ec2", "describe_subnets", SubnetIds=subnets)
    zones = {s["SubnetId"]: s["AvailabilityZone"] for s in children(answer, "Subnets")}
    return [_group(group, zones) for group in live]


def _group(group: JsonObject, zones: dict[str, str]) -> NodeGroup:
    return NodeGroup(
        name=group["nodegroupName"],
        cluster=group["clusterName"],
        zones=tuple(sorted({zones[subnet] for subnet in words(group, "subnets")})),
        labels=dict(child(group, "labels")),
        taints=tuple(
            (taint["key"], taint.get("value", ""), taint["effect"])
            for taint in children(group, "taints")
        ),
        ami_type=group.get("amiType") or "",
        instance_type=next(iter(words(group, "instanceTypes")), ""),
        capacity_type=group.get("capacityType") or "ON_DEMAND",
    )
