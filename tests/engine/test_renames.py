"""A stateful part under another name: the same objects with an alias, a loss without."""

from collections.abc import Iterator
from typing import Any

import boto3
import pulumi
import pytest
from moto import mock_aws

from components.cluster import Cluster, ClusterArgs
from components.database import Database, DatabaseArgs
from stacks.cluster_settings import ClusterSettings
from stacks.settings import DatabaseSettings
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.random_backend import RandomBackend
from stackyard.ops.guard import Loss, losses
from stackyard.ops.preview import PreviewStep
from tests.engine.conftest import RigMaker
from tests.engine.rig import Program, Rig
from tests.reliability import Record

pytestmark = pytest.mark.engine

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


def place() -> dict[str, Any]:
    """The VPC that every account has."""
    ec2: Any = boto3.client("ec2", REGION)
    subnets = ec2.describe_subnets()["Subnets"]
    return {"vpc_id": subnets[0]["VpcId"], "subnet_ids": [s["SubnetId"] for s in subnets[:2]]}


def parts(ending: str, *, formerly: str | None = None) -> Program:
    """A database and a cluster whose names end so, once `formerly`."""
    tier = place()
    ec2: Any = boto3.client("ec2", REGION)
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]

    def options(name: str) -> pulumi.ResourceOptions:
        former = [] if formerly is None else [pulumi.Alias(name=f"{name}{formerly}")]
        return pulumi.ResourceOptions(aliases=former)

    def program() -> None:
        database = DatabaseArgs(
            **tier,
            clients={"app": group},
            zones=["us-east-1a", "us-east-1b"],
            settings=DatabaseSettings(),
            log_days=30,
            protect=False,
        )
        Database(f"data{ending}", database, options("data"))
        cluster = ClusterArgs(
            **tier,
            app_security_group_id=group,
            region=REGION,
            settings=ClusterSettings(),
            log_days=30,
            protect=False,
            node_tags={},
        )
        Cluster(f"pods{ending}", cluster, options("pods"))

    return program


def renamed(make_rig: RigMaker, *, formerly: str | None) -> Rig:
    """A stack whose program has just been given the other names."""
    # Before the first call, since it teaches moto the policies that AWS manages.
    aws = AwsBackend.in_process()
    rig = make_rig(parts(""), aws=aws, random=RandomBackend())
    rig.up()
    rig.program = parts("-2", formerly=formerly)
    return rig


def lost(rig: Rig) -> list[Loss]:
    """What the guard says of the program's next update."""
    return losses(
        PreviewStep(
            operation=step.op.value,
            urn=step.urn,
            old={"type": step.type} if step.old else {},
            new={"type": step.type},
        )
        for step in rig.planned()
    )


def test_with_an_alias_every_object_stays_and_only_texts_and_tags_change(
    make_rig: RigMaker,
) -> None:
    rig = renamed(make_rig, formerly="")

    planned = rig.planned()

    assert {step.op.value for step in planned} == {"update"}
    assert {each for step in planned for each in step.diffs or ()} == {
        "description",
        "launchTemplate",
        "tagSpecifications",
    }


@pytest.mark.fault("guard", "a part renamed without an alias")
def test_without_an_alias_the_guard_stops_the_rename_and_says_what_is_made_instead(
    make_rig: RigMaker, record_property: Record
) -> None:
    rig = renamed(make_rig, formerly=None)

    found = {loss.urn.rpartition("::")[2]: loss for loss in lost(rig)}

    assert {"data", "data-writer", "pods"} <= found.keys()
    assert {loss.operation for loss in found.values()} == {"delete"}
    assert [urn.rpartition("::")[2] for urn in found["data"].made_instead] == ["data-2"]
    record_property("seen", "each is deleted and another one created in the preview; refused")
