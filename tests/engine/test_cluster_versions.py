"""A cluster's Kubernetes version on the real engine: up by one minor version, and never down."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.cluster import Cluster, ClusterArgs
from stacks.cluster_settings import ClusterSettings
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.random_backend import RandomBackend
from tests.engine.conftest import RigMaker
from tests.engine.rig import EngineError, Program, Rig

pytestmark = pytest.mark.engine

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


def program_of(version: str) -> Program:
    ec2: Any = boto3.client("ec2", REGION)
    subnets = ec2.describe_subnets()["Subnets"]
    args = ClusterArgs(
        vpc_id=subnets[0]["VpcId"],
        subnet_ids=[subnet["SubnetId"] for subnet in subnets[:2]],
        app_security_group_id=ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"],
        region=REGION,
        settings=ClusterSettings(version=version),
        log_days=30,
        protect=False,
    )
    return lambda: void(Cluster("cluster", args))


def void(_: object) -> None:
    """A program returns nothing."""


@pytest.fixture
def rig(make_rig: RigMaker) -> Rig:
    """A stack whose cluster runs 1.34."""
    # Before the first call, since it teaches moto the policies that AWS manages.
    aws = AwsBackend.in_process()
    made = make_rig(program_of("1.34"), aws=aws, random=RandomBackend())
    made.up()
    return made


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
def test_k8_two_minor_versions_at_once_are_refused_before_anything_is_touched(rig: Rig) -> None:
    rig.program = program_of("1.36")
    began = len(rig.faults.log)

    with pytest.raises(EngineError, match=r"1\.36 is 2 minor versions above 1\.34.* set 1\.35"):
        rig.preview()
    with pytest.raises(EngineError, match=r"1\.36 is 2 minor versions above 1\.34"):
        rig.up()

    assert rig.resources()["cluster"]["inputs"]["version"] == "1.34"
    assert [each.verb for each in rig.faults.log[began:]] == []


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
def test_k8_one_minor_version_takes_its_nodes_and_addons_along(rig: Rig) -> None:
    rig.program = program_of("1.35")

    rig.up()

    made = rig.resources()
    versions = [made[name]["inputs"]["version"] for name in ("cluster", "cluster-nodes")]
    assert versions == ["1.35", "1.35"]
    assert made["cluster-kube-proxy"]["inputs"]["addonVersion"].startswith("v1.35.")


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
def test_k8_a_version_below_the_clusters_is_refused(rig: Rig) -> None:
    rig.program = program_of("1.35")
    rig.up()
    rig.program = program_of("1.34")

    with pytest.raises(EngineError, match=r"1\.34 is below 1\.35, which the cluster runs"):
        rig.preview()
