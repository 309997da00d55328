"""Node groups are read from EKS with the zones of their subnets."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from stackyard.local.aws.connection import Access, Clients, Connection
from stackyard.local.node_groups import node_groups

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/eks"


@pytest.fixture
def aws() -> Iterator[Connection]:
    with mock_aws():
        yield Connection(clients=Clients(Access()), region=REGION)


def subnets(aws: Connection, zones: list[str]) -> list[str]:
    vpc = aws.call("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [
        aws.call(
            "ec2",
            "create_subnet",
            VpcId=vpc,
            CidrBlock=f"10.0.{number}.0/24",
            AvailabilityZone=zone,
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate(zones)
    ]


def test_no_cluster_has_no_groups(aws: Connection) -> None:
    assert node_groups(aws) == []


def test_a_group_is_read_with_labels_taints_and_zones(aws: Connection) -> None:
    ids = subnets(aws, ["us-east-1b", "us-east-1a", "us-east-1a"])
    network = {"subnetIds": ids}
    aws.call("eks", "create_cluster", name="main", roleArn=ROLE, resourcesVpcConfig=network)
    aws.call(
        "eks",
        "create_nodegroup",
        clusterName="main",
        nodegroupName="default",
        subnets=ids,
        nodeRole=ROLE,
        labels={"role": "app"},
        taints=[{"key": "only", "value": "app", "effect": "NO_SCHEDULE"}],
        instanceTypes=["t4g.medium"],
        amiType="AL2_ARM_64",
    )

    (found,) = node_groups(aws)

    assert (found.cluster, found.name) == ("main", "default")
    assert found.zones == ("us-east-1a", "us-east-1b")
    assert found.labels == {"role": "app"}
    assert found.taints == (("only", "app", "NO_SCHEDULE"),)
    assert (found.ami_type, found.instance_type) == ("AL2_ARM_64", "t4g.medium")
