"""Karpenter and its pools on the real engine: made, unchanged, and ended before the cluster is."""

from collections.abc import Iterator
from typing import Any

import boto3
import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pytest
from moto import mock_aws

from components.karpenter import Karpenter, KarpenterArgs
from components.memory_recommender import MemoryRecommender, MemoryRecommenderArgs
from stacks.cluster_settings import ClusterSettings
from stacks.iam import trusts
from stackyard.local.aws.backend import AwsBackend
from tests.engine.conftest import Cluster, RigMaker
from tests.engine.rig import Program, Rig

pytestmark = pytest.mark.engine

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


def grown(cluster: Cluster) -> Program:
    """A cluster that Karpenter grows, with memory recommended."""
    ec2: Any = boto3.client("ec2", REGION)
    subnet_ids = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]

    def program() -> None:
        role = aws.iam.Role("nodes", assume_role_policy=trusts("ec2", "eks"))
        eks = aws.eks.Cluster("eks", role_arn=role.arn, vpc_config={"subnet_ids": subnet_ids})
        provider = k8s.Provider("inside", kubeconfig=cluster.kubeconfig)
        opts = pulumi.ResourceOptions(providers=[provider])
        args = KarpenterArgs(
            cluster=eks,
            ready=[eks],
            region=REGION,
            role=role,
            subnet_ids=subnet_ids,
            security_group_ids=["sg-1"],
            tags={"owner": "platform"},
            settings=ClusterSettings(compute="karpenter", nodes_max=6, spot_percent=50),
        )
        Karpenter("karpenter", args, opts)
        MemoryRecommender("memory", MemoryRecommenderArgs(cluster=eks, ready=[eks]), opts)

    return program


@pytest.fixture
def rig(make_rig: RigMaker, cluster: Cluster) -> Rig:
    backend = AwsBackend.in_process()
    made = make_rig(grown(cluster), aws=backend, kubernetes=cluster.backend())
    made.up()
    return made


def test_the_clusters_own_api_takes_the_pools_and_nothing_is_left_to_change(
    rig: Rig, cluster: Cluster
) -> None:
    pools = cluster.api.items("/apis/karpenter.sh/v1/nodepools")

    limits = {p["spec"]["weight"]: p["spec"]["limits"]["nodes"] for p in pools}
    assert limits == {10: "3", 1: "1"}
    assert rig.preview(refresh=True) == {}


@pytest.mark.row("K11", "cluster.compute")
@pytest.mark.ask(19)
def test_k11_a_destroy_ends_karpenters_nodes_before_all_else_and_leaves_the_rest_to_the_cluster(
    rig: Rig,
) -> None:
    began = len(rig.faults.log)

    rig.destroy()

    ended = [each.token.rpartition(":")[2] for each in rig.faults.log[began:]]
    inside = [kind for kind in ended if kind in {"NodePool", "EC2NodeClass", "Release"}]
    assert inside == ["NodePool", "NodePool", "EC2NodeClass"]
    later = ("PodIdentityAssociation", "InstanceProfile", "Cluster")
    assert all(ended.index("EC2NodeClass") < ended.index(kind) for kind in later)
