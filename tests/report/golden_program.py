"""A small shop on AWS for golden files; `choices.json` beside it says what it is like."""

import json
import pathlib
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random

CHOICES: dict[str, Any] = {
    "engine": "8.0.mysql_aurora.3.10.0",
    "zone": "us-east-1a",
    "image": "registry.example.com/api@sha256:" + 64 * "a",
    "instance": "db.r6g.large",
    "bucket_protected": True,
    "open": [],
    "actions": ["s3:GetObject"],
    "weights": [100, 0],
    "database": "shop",
    "secret_is_plain": False,
    "deletion_protection": True,
    "cache_description": "sessions",
    "topic": True,
}
"""What the shop is before a change."""


class Part(pulumi.ComponentResource):
    """A part of the shop."""

    def __init__(self, name: str) -> None:
        super().__init__(f"shop:index:{name.title()}", name)
        self.inside = pulumi.ResourceOptions(parent=self)


def main(choices: dict[str, Any]) -> None:
    """Make the shop."""
    network = Part("network")
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=network.inside)
    subnets = [
        aws.ec2.Subnet(
            f"subnet-{letter}",
            vpc_id=vpc.id,
            cidr_block=f"10.0.{number}.0/24",
            availability_zone=zone,
            opts=network.inside,
        )
        for number, (letter, zone) in enumerate((("a", choices["zone"]), ("b", "us-east-1b")))
    ]
    ids = [subnet.id for subnet in subnets]
    api = aws.ec2.SecurityGroup("api", vpc_id=vpc.id, description="api", opts=network.inside)
    for number, cidr in enumerate(choices["open"]):
        aws.vpc.SecurityGroupIngressRule(
            f"api-open-{number}",
            security_group_id=api.id,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=22,
            to_port=22,
            opts=network.inside,
        )
    _data(choices, ids, api)
    _edge(choices, vpc, ids, api)
    _access(choices)


def _data(choices: dict[str, Any], ids: list[Any], api: aws.ec2.SecurityGroup) -> None:
    part = Part("data")
    password = random.RandomPassword("password", length=32, opts=part.inside)
    group = aws.rds.SubnetGroup("database", subnet_ids=ids, opts=part.inside)
    cluster = aws.rds.Cluster(
        "database",
        engine=aws.rds.EngineType.AURORA_MYSQL,
        engine_version=choices["engine"],
        database_name=choices["database"],
        master_username="owner",
        master_password=password.result,
        db_subnet_group_name=group.name,
        vpc_security_group_ids=[api.id],
        deletion_protection=choices["deletion_protection"],
        storage_encrypted=True,
        skip_final_snapshot=True,
        opts=part.inside,
    )
    aws.rds.ClusterInstance(
        "database-writer",
        cluster_identifier=cluster.id,
        instance_class=choices["instance"],
        engine=aws.rds.EngineType.AURORA_MYSQL,
        opts=part.inside,
    )
    places = aws.elasticache.SubnetGroup("cache", subnet_ids=ids, opts=part.inside)
    aws.elasticache.ReplicationGroup(
        "cache",
        description=choices["cache_description"],
        engine="valkey",
        engine_version="8.0",
        node_type="cache.t4g.small",
        num_cache_clusters=1,
        subnet_group_name=places.name,
        opts=part.inside,
    )
    token = pulumi.Config().require_secret("token")
    aws.ssm.Parameter(
        "token",
        type="String",
        value=token,
        description=pulumi.Output.unsecret(token) if choices["secret_is_plain"] else token,
        opts=part.inside,
    )
    pulumi.export("token", token)


def _edge(
    choices: dict[str, Any], vpc: aws.ec2.Vpc, ids: list[Any], api: aws.ec2.SecurityGroup
) -> None:
    part = Part("edge")
    balancer = aws.lb.LoadBalancer(
        "edge", internal=True, subnets=ids, security_groups=[api.id], opts=part.inside
    )
    groups = [
        aws.lb.TargetGroup(
            slot, port=5000, protocol="HTTP", target_type="ip", vpc_id=vpc.id, opts=part.inside
        )
        for slot in ("blue", "green")
    ]
    aws.lb.Listener(
        "edge",
        load_balancer_arn=balancer.arn,
        port=80,
        protocol="HTTP",
        default_actions=[
            {
                "type": "forward",
                "forward": {
                    "target_groups": [
                        {"arn": group.arn, "weight": weight}
                        for group, weight in zip(groups, choices["weights"], strict=True)
                    ]
                },
            }
        ],
        opts=part.inside,
    )
    aws.ssm.Parameter("image", type="String", value=choices["image"], opts=part.inside)
    if choices["topic"]:
        aws.sns.Topic("alarms", opts=part.inside)


def _access(choices: dict[str, Any]) -> None:
    part = Part("access")
    bucket = aws.s3.Bucket(
        "files", opts=pulumi.ResourceOptions(parent=part, protect=choices["bucket_protected"])
    )
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "pods.eks.amazonaws.com"},
            }
        ],
    }
    role = aws.iam.Role("api", assume_role_policy=json.dumps(trust), opts=part.inside)
    aws.iam.RolePolicy(
        "api-files",
        role=role.id,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": choices["actions"],
                        "Resource": pulumi.Output.concat(bucket.arn, "/*"),
                    }
                ],
            }
        ),
        opts=part.inside,
    )


if __name__ == "__main__":
    given = pathlib.Path("choices.json")
    main({**CHOICES, **json.loads(given.read_text())})
