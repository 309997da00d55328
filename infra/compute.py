"""What stands in the cluster before the app: who makes nodes, who fills the target groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from components.auto_nodes import AutoNodes, AutoNodesArgs
from components.cluster import Cluster
from components.karpenter import Karpenter, KarpenterArgs
from components.load_balancer_controller import (
    LoadBalancerController,
    LoadBalancerControllerArgs,
)
from components.memory_recommender import MemoryRecommender, MemoryRecommenderArgs
from components.network import Network
from components.workload import Balancing
from infra.providers import stack_tags
from stacks.registries import addon_registry
from stacks.settings import Settings

AUTO_API = "eks.amazonaws.com/v1"
CLUSTER_TAG = "eks:eks-cluster-name"
"""On a target group that Auto Mode may fill (AmazonEKSLoadBalancingPolicy)."""
AUTO_DNS = ("172.20.0.10/32", "10.100.0.10/32")
"""Where Auto Mode's nodes resolve names: the tenth address of either range that EKS takes services
from (EKS user guide, "Kubernetes network config"); no pod of the cluster answers there."""
NO_GATES = (
    "cluster.compute: Auto Mode has no pod readiness gates (containers-roadmap#2511): a pod counts"
    " as ready before the load balancer knows it, so a rolled slot or a drained node may fail"
    " requests; releases from slot to slot ask the target group and do not. docs/cluster.md"
)


@dataclass(frozen=True, kw_only=True)
class Inside:
    """What the app waits for in the cluster."""

    ready: Sequence[pulumi.Resource]
    """What pods need: nodes or whoever makes them, and add-ons."""
    balancing: Balancing
    recommender: pulumi.Resource | None


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What it is made of."""

    network: Network
    cluster: Cluster
    target_group_arns: Sequence[pulumi.Input[str]]
    aws: aws.Provider
    kubernetes: kubernetes.Provider


def target_group_tags(settings: Settings, cluster: Cluster) -> dict[str, pulumi.Output[str]]:
    """By the name that is known before the cluster is there: the groups do not wait for it."""
    return {CLUSTER_TAG: cluster.early_name} if settings.cluster.compute == "auto" else {}


def dns_cidrs(settings: Settings) -> Sequence[str]:
    """None where the cluster's own pods resolve names."""
    return AUTO_DNS if settings.cluster.compute == "auto" else ()


def inside_cluster(settings: Settings, ground: Ground) -> Inside:
    """Nodes first, then what runs on them."""
    cluster = ground.cluster
    opts = pulumi.ResourceOptions(providers=[ground.aws, ground.kubernetes])
    ready = [*cluster.ready, *_pools(settings, ground, opts)]
    recommender = (
        MemoryRecommender(
            "memory", MemoryRecommenderArgs(cluster=cluster.eks, ready=ready), opts
        ).release
        if settings.app.recommend_memory
        else None
    )
    return Inside(
        ready=ready, balancing=_balancing(settings, ground, ready, opts), recommender=recommender
    )


def _balancing(
    settings: Settings,
    ground: Ground,
    ready: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> Balancing:
    cluster = ground.cluster
    if settings.cluster.compute == "auto":
        pulumi.log.warn(NO_GATES)
        return Balancing(controller=cluster.eks, api_version=AUTO_API)
    controller = LoadBalancerController(
        "controller",
        LoadBalancerControllerArgs(
            cluster=cluster.eks,
            cluster_name=cluster.cluster_name,
            ready=ready,
            vpc_id=ground.network.vpc_id,
            region=settings.env.region,
            target_group_arns=ground.target_group_arns,
            registry=(
                addon_registry(settings.env.region) if settings.network.nat == "none" else None
            ),
        ),
        opts,
    )
    return Balancing(controller=controller.release)


def _pools(
    settings: Settings, ground: Ground, opts: pulumi.ResourceOptions
) -> Sequence[pulumi.Resource]:
    """Who makes nodes, where no managed node group does."""
    cluster, network = ground.cluster, ground.network
    groups = [network.app_security_group_id, cluster.cluster_security_group_id]
    tags = _node_tags(settings)
    if settings.cluster.compute == "auto":
        auto = AutoNodesArgs(
            cluster=cluster.eks,
            role_name=cluster.node_role.name,
            ready=cluster.ready,
            subnet_ids=network.app_subnet_ids,
            security_group_ids=groups,
            tags=tags,
            settings=settings.cluster,
        )
        return AutoNodes("nodes", auto, opts).pools
    if settings.cluster.compute == "karpenter":
        karpenter = KarpenterArgs(
            cluster=cluster.eks,
            ready=cluster.ready,
            region=settings.env.region,
            role=cluster.node_role,
            subnet_ids=network.app_subnet_ids,
            security_group_ids=groups,
            tags=tags,
            settings=settings.cluster,
        )
        return Karpenter("karpenter", karpenter, opts).pools
    return []


def _node_tags(settings: Settings) -> Mapping[str, str]:
    return {**stack_tags(settings.env), "Name": "cluster-nodes"}
