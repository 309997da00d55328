"""How long a first deployment takes: the longest way through a graph by typical creation times."""

from collections.abc import Mapping
from typing import NamedTuple

from tests.graph.recorder import Graph
from tests.graph.registration import Reg, is_custom

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
load balancers 2m19 to 2m52, CloudFront 156 to 188 s in seven; Kubernetes rows are estimates."""
VPC_ORIGIN = {"aws:cloudfront/vpcOrigin:VpcOrigin": 15.0}
"""AWS: "can take up to 15 minutes" (CloudFront developer guide, "VPC origins")."""


class Path(NamedTuple):
    """Minutes until the last resource of `names` stands."""

    minutes: float
    names: tuple[str, ...]


def critical_path(graph: Graph, table: Mapping[str, float]) -> Path:
    """The longest way; everything else is made meanwhile."""
    done: dict[str, Path] = {}
    for reg in graph.values():
        _path_to(reg, graph, table, done)
    return max(done.values())


def _path_to(reg: Reg, graph: Graph, table: Mapping[str, float], done: dict[str, Path]) -> Path:
    if reg.urn not in done:
        before = [graph[urn] for urn in {*reg.depends, reg.provider} if urn in graph]
        longest = max((_path_to(b, graph, table, done) for b in before), default=Path(0, ()))
        own = table.get(reg.type, _untabled(reg))
        done[reg.urn] = Path(longest.minutes + own, (*longest.names, reg.name))
    return done[reg.urn]


def _untabled(reg: Reg) -> float:
    if not is_custom(reg):
        return 0
    return INSTANT if reg.type.startswith("kubernetes:") else QUICK
