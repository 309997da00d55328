"""Clusters with the smallest right arguments, to change a setting of at a time."""

import functools
from typing import Any

import pulumi

from components.cluster import Cluster, ClusterArgs
from stacks.cluster_settings import ClusterSettings
from stackyard.graph.recorder import Graph, record

EKS = "aws:eks/cluster:Cluster"


@functools.cache  # a graph is only read
def cluster(*, protect: bool = False, preview: bool = False, **settings: Any) -> Graph:
    args = ClusterArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-a", "subnet-b"],
        app_security_group_id="sg-app",
        region="eu-west-1",
        settings=ClusterSettings(**settings),
        log_days=30,
        protect=protect,
        node_tags={"owner": "platform"},
    )
    opts = pulumi.ResourceOptions(protect=protect)
    return record(lambda: Cluster("cluster", args, opts), preview=preview)


def addons(graph: Graph) -> dict[str, str]:
    """URN of every add-on by AWS's name."""
    return {r.inputs["addonName"]: r.urn for r in graph.all("Addon")}
