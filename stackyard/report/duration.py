"""How long a change takes: the longest way through it by typical creation times."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from stackyard.report.change import Operation
from stackyard.report.differences import differences
from stackyard.report.graph import Graph, Node
from stackyard.report.tiers import RULE

QUICK, INSTANT = 0.05, 0.02
"""Minutes of what is not in the table: what AWS makes in seconds, and objects in Kubernetes."""
MINUTES = {
    "aws:acm/certificateValidation:CertificateValidation": 1.8,
    "aws:cloudfront/distribution:Distribution": 3.0,
    "aws:ec2/natGateway:NatGateway": 1.8,
    "aws:ec2/subnet:Subnet": 0.2,
    "aws:ec2/vpc:Vpc": 0.2,
    "aws:eks/addon:Addon": 0.25,
    "aws:eks/cluster:Cluster": 10.3,
    "aws:eks/nodeGroup:NodeGroup": 2.1,
    "aws:elasticache/replicationGroup:ReplicationGroup": 7.0,
    "aws:elasticache/serverlessCache:ServerlessCache": 1.0,
    "aws:lb/loadBalancer:LoadBalancer": 2.4,
    "aws:rds/cluster:Cluster": 0.9,
    "aws:rds/clusterInstance:ClusterInstance": 6.4,
    "aws:rds/proxy:Proxy": 6.0,
    "aws:rds/proxyTarget:ProxyTarget": 1.0,
    "aws:s3/bucketObjectv2:BucketObjectv2": 0.02,
    "kubernetes:apps/v1:Deployment": 0.8,
    "kubernetes:batch/v1:Job": 0.5,
    "kubernetes:helm.sh/v3:Release": 0.8,
}
"""Typical minutes from "Creation complete after" lines of public logs: EKS 8m23 to 11m23 in ten
(terraform-aws-eks#3218, terraform-provisioning#46), node groups 1.5 to 3.4 in eight, Aurora
instances 5m38 to 6m31 (terraform-provider-aws#19096), replication groups 5.6 to 9.3 in five,
load balancers 2m19 to 2m52, CloudFront 156 to 188 s in seven; a serverless cache by AWS's word
("under a minute", AWS Database Blog, 2023); Kubernetes rows are estimates."""
VPC_ORIGIN = {"aws:cloudfront/vpcOrigin:VpcOrigin": 15.0}
"""AWS: "can take up to 15 minutes" (CloudFront developer guide, "VPC origins")."""
DELETION = {
    "aws:rds/cluster:Cluster": 1.1,
    "aws:rds/clusterInstance:ClusterInstance": 11.8,
}
"""Minutes of a deletion where they are known to differ from those of a creation
(aws-lab-with-terraform#100)."""


@dataclass(frozen=True, kw_only=True)
class Duration:
    """Minutes that a change takes, and what they are spent on."""

    minutes: float
    path: tuple[str, ...]
    """Names and types of what follows each other; everything else is done meanwhile."""


def duration(
    before: Graph,
    after: Graph,
    replaced: AbstractSet[str] = frozenset(),
    *,
    watched_minutes: float = 0,
) -> Duration:
    """The time from one graph to another: creations and updates first, then the deletions.

    An update counts as a creation, which it does not outlast: the table has nothing closer. What a
    release watches before it moves all requests adds `watched_minutes` where the production rule
    changes.
    """
    operations = differences(before, after, replaced)
    times = {**MINUTES, **VPC_ORIGIN}

    def making(node: Node) -> float:
        if operations.get(node.urn) in {None, Operation.DELETE}:
            return 0
        watched = _moves_requests(node, operations) * watched_minutes
        return times.get(node.type, _untabled(node)) + watched

    def taking(node: Node) -> float:
        if operations.get(node.urn) not in {Operation.DELETE, Operation.REPLACE}:
            return 0
        return {**times, **DELETION}.get(node.type, _untabled(node))

    made = longest(after, making)
    gone = longest(before, taking)
    # What depends on the rest is deleted first, so the way back runs in the other direction.
    return Duration(minutes=made.minutes + gone.minutes, path=(*made.path, *reversed(gone.path)))


def critical_path(graph: Graph, table: Mapping[str, float] = MINUTES) -> Duration:
    """The longest way through a first deployment."""
    return longest(graph, lambda node: table.get(node.type, _untabled(node)))


def longest(graph: Graph, minutes: Callable[[Node], float]) -> Duration:
    """The longest way along the dependencies; what takes no time is not named."""
    done: dict[str, tuple[float, str | None]] = {}
    for urn in _in_order(graph):
        node = graph[urn]
        before = [(done[d][0], d) for d in sorted(node.dependencies) if d in done]
        so_far, latest = max(before, default=(0.0, None))
        done[urn] = (so_far + minutes(node), latest)
    end = max(done, key=lambda urn: done[urn][0], default=None)
    total = done[end][0] if end else 0.0
    names: list[str] = []
    while end is not None:
        if minutes(graph[end]) > 0:
            names.append(_named(graph[end]))
        end = done[end][1]
    return Duration(minutes=total, path=tuple(reversed(names)))


def _in_order(graph: Graph) -> list[str]:
    """Each after what it waits for; without recursion, since chains may be long."""
    order: dict[str, None] = {}
    entered: set[str] = set()
    for root in graph:
        ahead = [root]
        while ahead:
            urn = ahead[-1]
            waiting = (
                []
                if urn in entered
                else [d for d in sorted(graph[urn].dependencies) if d in graph and d not in entered]
            )
            entered.add(urn)
            if waiting:
                ahead.extend(waiting)
                continue
            order[ahead.pop()] = None
    return list(order)


def _named(node: Node) -> str:
    return f"{node.name} ({node.type.rpartition(':')[2]})"


def _untabled(node: Node) -> float:
    if not node.custom or node.type.startswith("pulumi:providers:"):
        return 0
    return INSTANT if node.type.startswith("kubernetes:") else QUICK


def _moves_requests(node: Node, operations: Mapping[str, Operation]) -> bool:
    """The rule that forwards to both slots changes; its making watches nothing before it."""
    return (
        node.type == RULE
        and operations[node.urn] is Operation.UPDATE
        and node.name.endswith("-production")
    )
