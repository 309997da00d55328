"""Cache: Valkey as one ElastiCache replication group, with its key, parameters and app user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._app_user import APP_USER, AppUser, make_app_user
from components._key import make_key
from components._security_rules import connect
from stacks.data_settings import CacheSettings
from stacks.urls import redis_url

PORT = 6379
ENGINE, ENGINE_VERSION, FAMILY = "valkey", "8.0", "valkey8"  # change together
APP_ACCESS = "on ~* &* +@all -@dangerous +info"
"""All keys and channels; no command that reads or stops the whole server, but for INFO."""
EVICTION_POLICIES = {"cache": "allkeys-lru", "limiter": "noeviction", "both": "volatile-lru"}
"""By `cache.role`: a cache may lose any key, a limiter none, both only those with a lifetime."""
RESERVED_MEMORY_PERCENT = "25"
"""Kept for snapshots and failover (ElastiCache user guide, "Managing reserved memory")."""
SNAPSHOT_WINDOW, MAINTENANCE_WINDOW = "02:00-03:00", "sun:04:00-sun:05:00"  # UTC, must not overlap


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """Wiring comes as `Input`s, what a stack chooses as `settings`."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    """Subnets without a route to the internet, one a zone; replicas need two."""
    clients: Mapping[str, pulumi.Input[str]]
    """Who may connect: a short name (part of resource names) to a security group's id."""
    settings: CacheSettings
    protect: bool
    """Final snapshot."""


class Cache(pulumi.ComponentResource):
    """TLS-only Valkey: a primary and its replicas, one user, failover if there is a replica.

    `protect` in `opts` guards the data and what it can't be read without (key, password); what
    can be rebuilt without loss stays free.
    """

    primary_endpoint: pulumi.Output[str]
    """Host for writes; its DNS name follows a failover."""
    reader_endpoint: pulumi.Output[str]
    """Host that spreads reads over the replicas; the primary's while there is none."""
    port: pulumi.Output[int]
    """Port of both endpoints."""
    engine_version: pulumi.Output[str]
    """Version that runs; AWS's automatic minor upgrades raise it."""
    secret_arn: pulumi.Output[str]
    """Secret with the app user's name and password."""
    eviction_policy: pulumi.Output[str]
    """What goes when memory is full."""
    url: pulumi.Output[str]
    """Secret; the primary, with the app user's password."""

    def __init__(
        self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Cache", name, None, opts)
        key = make_key(f"{name}-key", description=f"{name}: storage, secret", parent=self)
        user = make_app_user(f"{name}-app", key_arn=key.arn, parent=self)
        users = _user_group(self, name, app_user=user)
        group = _replication_group(self, name, args, key=key, users=users)

        self.primary_endpoint = group.primary_endpoint_address
        self.reader_endpoint = group.reader_endpoint_address
        self.port = pulumi.Output.from_input(PORT)
        self.engine_version = group.engine_version_actual
        self.secret_arn = user.secret_arn
        self.eviction_policy = pulumi.Output.from_input(EVICTION_POLICIES[args.settings.role])
        self.url = pulumi.Output.secret(
            pulumi.Output.all(user.password, self.primary_endpoint).apply(_url)
        )
        self.register_outputs(
            {
                "primaryEndpoint": self.primary_endpoint,
                "readerEndpoint": self.reader_endpoint,
                "port": self.port,
                "engineVersion": self.engine_version,
                "secretArn": self.secret_arn,
                "evictionPolicy": self.eviction_policy,
                "url": self.url,
            }
        )


def _access_group(cache: Cache, name: str, args: CacheArgs) -> aws.ec2.SecurityGroup:
    free = pulumi.ResourceOptions(parent=cache, protect=False)
    group = aws.ec2.SecurityGroup(
        f"{name}-access", vpc_id=args.vpc_id, description="The cache", opts=free
    )
    for client, client_id in args.clients.items():
        connect(f"{name}-from-{client}", client=client_id, server=group.id, port=PORT, opts=free)
    return group


def _user_group(cache: Cache, name: str, *, app_user: AppUser) -> aws.elasticache.UserGroup:
    """The app's user, and a `default` user that is off: AWS's own is on, without a password."""
    free = pulumi.ResourceOptions(parent=cache, protect=False)
    # ElastiCache makes up no ids; with a suffix two stacks of an account don't meet.
    suffix = random.RandomId(f"{name}-users", byte_length=4, opts=free)
    # Nobody is told it; a user of Valkey's must have one even when it is off.
    unused = random.RandomPassword(f"{name}-default", length=32, special=False, opts=free)
    app = aws.elasticache.User(
        f"{name}-app",
        user_id=pulumi.Output.concat(name, "-app-", suffix.hex),
        user_name=APP_USER,
        engine=ENGINE,
        access_string=APP_ACCESS,
        authentication_mode={"type": "password", "passwords": [app_user.password]},
        opts=free,
    )
    default = aws.elasticache.User(
        f"{name}-default",
        user_id=pulumi.Output.concat(name, "-default-", suffix.hex),
        user_name="default",
        engine=ENGINE,
        access_string="off ~* -@all",
        authentication_mode={"type": "password", "passwords": [unused.result]},
        opts=free,
    )
    return aws.elasticache.UserGroup(
        f"{name}-users",
        user_group_id=pulumi.Output.concat(name, "-", suffix.hex),
        engine=ENGINE,
        user_ids=[default.user_id, app.user_id],
        opts=free,
    )


def _replication_group(
    cache: Cache,
    name: str,
    args: CacheArgs,
    *,
    key: aws.kms.Key,
    users: aws.elasticache.UserGroup,
) -> aws.elasticache.ReplicationGroup:
    free = pulumi.ResourceOptions(parent=cache, protect=False)
    settings = args.settings
    has_replica = settings.replicas > 0
    subnets = aws.elasticache.SubnetGroup(f"{name}-net", subnet_ids=args.subnet_ids, opts=free)
    parameters = aws.elasticache.ParameterGroup(
        f"{name}-parameters",
        family=FAMILY,
        parameters=[
            {"name": "maxmemory-policy", "value": EVICTION_POLICIES[settings.role]},
            {"name": "reserved-memory-percent", "value": RESERVED_MEMORY_PERCENT},
        ],
        opts=free,
    )
    return aws.elasticache.ReplicationGroup(
        name,
        description=f"{name} ({ENGINE})",
        engine=ENGINE,
        engine_version=ENGINE_VERSION,
        auto_minor_version_upgrade=True,
        node_type=settings.node_type,
        num_cache_clusters=1 + settings.replicas,
        automatic_failover_enabled=has_replica,
        multi_az_enabled=has_replica,
        port=PORT,
        parameter_group_name=parameters.name,
        subnet_group_name=subnets.name,
        security_group_ids=[_access_group(cache, name, args).id],
        user_group_ids=[users.user_group_id],
        transit_encryption_enabled=True,
        transit_encryption_mode="required",
        at_rest_encryption_enabled=True,
        kms_key_id=key.arn,
        snapshot_retention_limit=settings.snapshot_days,
        snapshot_window=SNAPSHOT_WINDOW,
        final_snapshot_identifier=_last_snapshot(cache, name, subnets, key=key)
        if args.protect
        else None,
        maintenance_window=MAINTENANCE_WINDOW,
        # An update does what its preview shows, not at some time in the maintenance window.
        apply_immediately=True,
        # AWS upgrades minor versions; going back to the one above would be refused.
        opts=pulumi.ResourceOptions(parent=cache, ignore_changes=["engineVersion"]),
    )


def _last_snapshot(
    cache: Cache, name: str, subnets: aws.elasticache.SubnetGroup, *, key: aws.kms.Key
) -> pulumi.Output[str]:
    # A snapshot's name can be taken once; what replaces the group gives a new one.
    suffix = random.RandomId(
        f"{name}-suffix",
        byte_length=4,
        keepers={"subnets": subnets.name, "key": key.arn},
        opts=pulumi.ResourceOptions(parent=cache, protect=False),
    )
    return pulumi.Output.concat(name, "-", suffix.hex, "-final")


def _url(parts: Sequence[str]) -> str:
    password, host = parts
    return redis_url(user=APP_USER, password=password, host=host, port=PORT)
