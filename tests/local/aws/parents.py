"""Objects that others need: network, identity, logs, database."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.local.aws.world import World

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
READ_S3 = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
)


def vpc(world: World) -> None:
    world.make("vpc", "ec2/vpc:Vpc", cidrBlock="10.20.0.0/16")


def subnet_a(world: World) -> None:
    subnet(world, "a", 0)


def subnet_b(world: World) -> None:
    subnet(world, "b", 1)


def subnet(world: World, letter: str, number: int) -> None:
    world.make(
        f"subnet_{letter}",
        "ec2/subnet:Subnet",
        vpcId=world.id("vpc"),
        cidrBlock=f"10.20.{number}.0/24",
        availabilityZone=f"us-east-1{letter}",
    )


def gateway(world: World) -> None:
    world.make("gateway", "ec2/internetGateway:InternetGateway", vpcId=world.id("vpc"))


def address(world: World) -> None:
    world.make("address", "ec2/eip:Eip", domain="vpc")


def other_address(world: World) -> None:
    world.make("other_address", "ec2/eip:Eip", domain="vpc")


def routes(world: World) -> None:
    world.make("routes", "ec2/routeTable:RouteTable", vpcId=world.id("vpc"))


def group(world: World) -> None:
    world.make("group", "ec2/securityGroup:SecurityGroup", vpcId=world.id("vpc"))


def other_group(world: World) -> None:
    world.make("other_group", "ec2/securityGroup:SecurityGroup", vpcId=world.id("vpc"))


def role(world: World) -> None:
    world.make("role", "iam/role:Role", assumeRolePolicy=TRUST)


def policy(world: World) -> None:
    world.make("policy", "iam/policy:Policy", policy=READ_S3)


def key(world: World) -> None:
    world.make("key", "kms/key:Key", deletionWindowInDays=7)


def logs(world: World) -> None:
    world.make("logs", "cloudwatch/logGroup:LogGroup", retentionInDays=7)


def waf_logs(world: World) -> None:
    world.make("waf_logs", "cloudwatch/logGroup:LogGroup", name="aws-waf-logs-x")


def template(world: World) -> None:
    world.make(
        "template",
        "ec2/launchTemplate:LaunchTemplate",
        vpcSecurityGroupIds=[world.id("group")],
    )


def database_subnets(world: World) -> None:
    world.make("database_subnets", "rds/subnetGroup:SubnetGroup", subnetIds=world.subnets())


def database_parameters(world: World) -> None:
    world.make(
        "database_parameters",
        "rds/clusterParameterGroup:ClusterParameterGroup",
        family="aurora-mysql8.0",
    )


def database(world: World) -> None:
    world.make(
        "database",
        "rds/cluster:Cluster",
        engine="aurora-mysql",
        engineVersion="8.0.mysql_aurora.3.08.2",
        masterUsername="root",
        manageMasterUserPassword=True,
        dbSubnetGroupName=world.id("database_subnets"),
        dbClusterParameterGroupName=world.id("database_parameters"),
        vpcSecurityGroupIds=[world.id("group")],
        skipFinalSnapshot=True,
    )


def instance(world: World) -> None:
    world.make(
        "instance",
        "rds/clusterInstance:ClusterInstance",
        clusterIdentifier=world.id("database"),
        engine="aurora-mysql",
        instanceClass="db.r8g.large",
    )


def proxy(world: World) -> None:
    world.make(
        "proxy",
        "rds/proxy:Proxy",
        engineFamily="MYSQL",
        roleArn=world.get("role")["arn"],
        vpcSubnetIds=world.subnets(),
        vpcSecurityGroupIds=[world.id("group")],
        auths=[{"authScheme": "SECRETS", "secretArn": world.id("secret")}],
    )


def secret(world: World) -> None:
    world.make("secret", "secretsmanager/secret:Secret", recoveryWindowInDays=0)


def scaling(world: World) -> None:
    world.make(
        "scaling",
        "appautoscaling/target:Target",
        minCapacity=1,
        maxCapacity=3,
        resourceId=f"cluster:{world.id('database')}",
        scalableDimension="rds:cluster:ReadReplicaCount",
        serviceNamespace="rds",
    )


PARENTS: dict[str, Callable[[World], None]] = {
    "vpc": vpc,
    "subnet_a": subnet_a,
    "subnet_b": subnet_b,
    "gateway": gateway,
    "address": address,
    "other_address": other_address,
    "routes": routes,
    "group": group,
    "other_group": other_group,
    "role": role,
    "policy": policy,
    "key": key,
    "logs": logs,
    "waf_logs": waf_logs,
    "template": template,
    "database_subnets": database_subnets,
    "database_parameters": database_parameters,
    "database": database,
    "instance": instance,
    "proxy": proxy,
    "secret": secret,
    "scaling": scaling,
}
