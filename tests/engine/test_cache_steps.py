"""From replicas to one node on the real engine: refused in one step, done in two."""

from collections.abc import Iterator
from typing import Any

import boto3
import pulumi_aws as aws
import pytest
from moto import mock_aws

from components.cache import Cache, CacheArgs
from stacks.settings import CacheSettings
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.random_backend import RandomBackend
from tests.engine.conftest import RigMaker
from tests.engine.rig import EngineError, Program, Rig

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


def cache(**settings: Any) -> Program:
    ec2: Any = boto3.client("ec2", "us-east-1")
    subnets = ec2.describe_subnets()["Subnets"]

    def program() -> None:
        args = CacheArgs(
            vpc_id=subnets[0]["VpcId"],
            subnet_ids=[subnet["SubnetId"] for subnet in subnets[:2]],
            clients={"app": aws.ec2.SecurityGroup("app", vpc_id=subnets[0]["VpcId"]).id},
            settings=CacheSettings(**settings),
            log_days=30,
            protect=False,
        )
        Cache("cache", args)

    return program


@pytest.fixture
def two_nodes(make_rig: RigMaker) -> Rig:
    # Before the first call, since it teaches moto the policies that AWS manages.
    backend = AwsBackend.in_process()
    rig = make_rig(cache(replicas=1), aws=backend, random=RandomBackend())
    rig.up()
    return rig


@pytest.mark.ask(13)
def test_the_preview_already_refuses_one_step_and_names_the_two(two_nodes: Rig) -> None:
    two_nodes.program = cache(replicas=0)

    with pytest.raises(EngineError, match=r"first set cache\.failover to false"):
        two_nodes.planned()


@pytest.mark.ask(13)
def test_two_updates_do_it(two_nodes: Rig) -> None:
    for step in (cache(replicas=1, failover=False), cache(replicas=0, failover=False)):
        two_nodes.program = step
        two_nodes.up()

    assert two_nodes.planned() == []
