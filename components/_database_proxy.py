"""RDS Proxy before an Aurora cluster: its group, role, log group, pool and endpoints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._role import make_role
from components._security_rules import connect
from stacks.iam import allows, trusts
from stacks.urls import POOL_TIMEOUT_SECONDS

BORROW_SECONDS = POOL_TIMEOUT_SECONDS // 2
"""The proxy gives up before the app's pool does, so that the app sees the proxy's reason."""
CONNECTIONS_PERCENT = 90
"""Connections of an instance the proxy may take; the rest is for the migration Job and people."""


@dataclass(frozen=True, kw_only=True)
class ProxyArgs:
    """What a proxy stands before, and for whom."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    clients: Mapping[str, pulumi.Input[str]]
    cluster: aws.rds.Cluster
    writer: aws.rds.ClusterInstance
    access_group_id: pulumi.Input[str]
    """Security group of the cluster."""
    port: int
    secret_arn: pulumi.Input[str]
    """Secret of the one user it knows."""
    key_arn: pulumi.Input[str]
    """Key of that secret."""
    readers: int
    by_iam: bool
    """Clients show a token of their role; the password stays between proxy and cluster."""
    log_days: int


@dataclass(frozen=True, kw_only=True)
class ProxyHosts:
    """Where clients go, and what the proxy is known by."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    writer: pulumi.Output[str]
    """Known once the proxy has its target."""
    reader: pulumi.Output[str] | None
    """None without readers: a read-only endpoint never falls back to the writer, it times out."""

    @property
    def for_reads(self) -> pulumi.Output[str]:
        """Where reads go."""
        return self.writer if self.reader is None else self.reader


def make_proxy(name: str, args: ProxyArgs, *, parent: pulumi.Resource) -> ProxyHosts:
    """The proxy, its target and its endpoints, unprotected; `name` begins every child's name."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    group = aws.ec2.SecurityGroup(
        name, vpc_id=args.vpc_id, description="Proxy of the database", opts=free
    )
    for client, client_id in args.clients.items():
        rules = f"{name}-from-{client}"
        connect(rules, client=client_id, server=group.id, port=args.port, opts=free)
    connect(name, client=group.id, server=args.access_group_id, port=args.port, opts=free)
    proxy = _proxy(name, args, group=group, parent=parent)
    target = _target(name, args, proxy=proxy, parent=parent)
    writer = pulumi.Output.all(proxy.endpoint, target.id).apply(_first)
    if not args.readers:
        return ProxyHosts(name=proxy.name, arn=proxy.arn, writer=writer, reader=None)
    reader = aws.rds.ProxyEndpoint(
        f"{name}-read",
        # AWS wants a name; the proxy's carries the suffix.
        db_proxy_endpoint_name=pulumi.Output.concat(proxy.name, "-read"),
        db_proxy_name=proxy.name,
        target_role="READ_ONLY",
        vpc_subnet_ids=args.subnet_ids,
        vpc_security_group_ids=[group.id],
        opts=free,
    )
    read_host = pulumi.Output.all(reader.endpoint, target.id).apply(_first)
    return ProxyHosts(name=proxy.name, arn=proxy.arn, writer=writer, reader=read_host)


def _first(values: Sequence[str]) -> str:
    return values[0]


def _proxy(
    name: str,
    args: ProxyArgs,
    *,
    group: aws.ec2.SecurityGroup,
    parent: pulumi.Resource,
) -> aws.rds.Proxy:
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    # New subnets replace a proxy; its log group carries its name, so the name is known before.
    suffix = random.RandomId(
        name,
        byte_length=4,
        keepers={"subnetIds": pulumi.Output.from_input(args.subnet_ids).apply(",".join)},
        opts=free,
    )
    proxy_name = pulumi.Output.concat(name, "-", suffix.hex)
    log_group = aws.cloudwatch.LogGroup(
        name,
        name=pulumi.Output.concat("/aws/rds/proxy/", proxy_name),
        retention_in_days=args.log_days,
        opts=free,
    )
    role = make_role(name, trusts("rds"), free)
    rights = aws.iam.RolePolicy(
        name,
        role=role.id,
        policy=pulumi.Output.all(args.secret_arn, args.key_arn).apply(_may_read),
        opts=free,
    )
    return aws.rds.Proxy(
        name,
        name=proxy_name,
        engine_family="MYSQL",
        auths=[
            {
                "auth_scheme": "SECRETS",
                "iam_auth": "REQUIRED" if args.by_iam else "DISABLED",
                "secret_arn": args.secret_arn,
            }
        ],
        require_tls=True,
        role_arn=role.arn,
        vpc_subnet_ids=args.subnet_ids,
        vpc_security_group_ids=[group.id],
        opts=pulumi.ResourceOptions(parent=parent, protect=False, depends_on=[log_group, rights]),
    )


def _target(
    name: str, args: ProxyArgs, *, proxy: aws.rds.Proxy, parent: pulumi.Resource
) -> aws.rds.ProxyTarget:
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    pool = aws.rds.ProxyDefaultTargetGroup(
        name,
        db_proxy_name=proxy.name,
        connection_pool_config={
            "connection_borrow_timeout": BORROW_SECONDS,
            "max_connections_percent": CONNECTIONS_PERCENT,
        },
        opts=free,
    )
    return aws.rds.ProxyTarget(
        name,
        db_proxy_name=proxy.name,
        target_group_name=pool.name,
        # Of a cluster without an instance there is nothing to reach yet.
        db_cluster_identifier=pulumi.Output.all(args.cluster.id, args.writer.id).apply(_first),
        opts=free,
    )


def _may_read(arns: Sequence[str]) -> str:
    secret_arn, key_arn = arns
    via = {"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}}
    return allows(
        {"Action": ["secretsmanager:GetSecretValue"], "Resource": [secret_arn]},
        {"Action": ["kms:Decrypt"], "Resource": [key_arn], "Condition": via},
    )
