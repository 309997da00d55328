"""Who can open a connection to whom, by the security groups that are really attached."""

from collections.abc import Iterable, Sequence
from typing import Any

from stackyard.graph.recorder import Graph

Groups = Sequence[str]
"""Ids of the groups something wears."""


def reaches(graph: Graph, source: Groups, target: Groups, *, port: int, protocol: str) -> bool:
    """Out of one of the source's groups and into one of the target's.

    Only rules of the program count: what EKS puts into its own group is left out.
    """
    leaves = any(
        rule["referencedSecurityGroupId"] in target
        for rule in _rules(graph, "SecurityGroupEgressRule", source, port, protocol)
        if "referencedSecurityGroupId" in rule
    )
    enters = any(
        rule["referencedSecurityGroupId"] in source
        for rule in _rules(graph, "SecurityGroupIngressRule", target, port, protocol)
        if "referencedSecurityGroupId" in rule
    )
    return leaves and enters


def _rules(
    graph: Graph, kind: str, groups: Groups, port: int, protocol: str
) -> Iterable[dict[str, Any]]:
    for rule in graph.all(kind):
        given = rule.inputs
        if given["securityGroupId"] not in groups or given["ipProtocol"] != protocol:
            continue
        if given["fromPort"] <= port <= given["toPort"]:
            yield given


def load_balancer_groups(graph: Graph) -> Groups:
    return graph.one("aws:lb/loadBalancer:LoadBalancer").inputs["securityGroups"]


def pod_groups(graph: Graph) -> Groups:
    """Pods wear what their nodes wear: groups of Auto Mode's class, or of the launch template."""
    for made in graph.all("kubernetes:eks.amazonaws.com/v1:NodeClass"):
        return [term["id"] for term in made.inputs["spec"]["securityGroupSelectorTerms"]]
    template = graph.one("LaunchTemplate")
    assert {g.inputs["launchTemplate"]["id"] for g in graph.all("NodeGroup")} == {template.id}
    return template.inputs["vpcSecurityGroupIds"]


def database_groups(graph: Graph) -> Groups:
    return graph.one("aws:rds/cluster:Cluster").inputs["vpcSecurityGroupIds"]


def cache_groups(graph: Graph) -> Groups:
    (cache,) = [*graph.all("ReplicationGroup"), *graph.all("ServerlessCache")]
    return cache.inputs["securityGroupIds"]
