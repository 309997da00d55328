"""moto in this process, with the embedded AWS's repairs, and a load balancer of a release in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws

from release.plan import Route
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.connection import in_process_clients

REGION = "us-east-1"


@contextmanager
def cloud() -> Iterator[None]:
    """Whatever boto3 asks in the block is answered by moto."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        AwsBackend.in_process()
        yield


def client(service: str, region: str = REGION) -> Any:
    """One for all tests: moto makes boto3 forget the megabytes that it reads for each."""
    return in_process_clients().get(service, region)


def forward(*groups: tuple[str, int]) -> list[dict[str, Any]]:
    weights = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    sticky = {"Enabled": False, "DurationSeconds": 1}
    forwards = {"TargetGroups": weights, "TargetGroupStickinessConfig": sticky}
    return [{"Type": "forward", "Order": 1, "ForwardConfig": forwards}]


def listener() -> Route:
    """A listener whose only rule answers 404, with both target groups beside it."""
    ec2, elbv2 = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for n, zone in enumerate("ab")
    ]
    (balancer,) = elbv2.create_load_balancer(
        Name="api", Subnets=[s["Subnet"]["SubnetId"] for s in subnets], Scheme="internal"
    )["LoadBalancers"]
    groups: dict[Any, str] = {
        slot: elbv2.create_target_group(
            Name=slot, Protocol="HTTP", Port=5000, VpcId=vpc, TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        for slot in ("blue", "green")
    }
    reply = {"StatusCode": "404", "ContentType": "text/plain"}
    (made,) = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": reply}],
    )["Listeners"]
    return Route(listener=made["ListenerArn"], groups=groups)


def rule(route: Route, priority: int, *groups: tuple[str, int]) -> str:
    """A rule for a path of its own; its ARN."""
    (made,) = client("elbv2").create_rule(
        ListenerArn=route.listener,
        Priority=priority,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"/{priority}/*"]}}],
        Actions=forward(*groups),
    )["Rules"]
    return made["RuleArn"]
