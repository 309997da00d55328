"""Cache: Valkey on ElastiCache, of nodes or serverless, with its key, app user and alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._app_user import APP_USER, AppUser, make_app_user
from components._cache_alarms import CacheAlarmsArgs, make_cache_alarms
from components._cache_nodes import (
    ENGINE,
    EVICTION_POLICIES,
    PORT,
    CachePlace,
    make_replication_group,
)
from components._cache_serverless import make_serverless_cache
from components._key import make_key
from components._security_rules import connect
from stacks.data_settings import CacheSettings
from stacks.urls import redis_url

APP_ACCESS = "on ~* &* +@all -@dangerous +info"
"""All keys and channels; no command that reads or stops the whole server, but for INFO."""


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """Wiring comes as `Input`s, what a stack chooses as `settings`."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    """Subnets without a route to the internet, one a zone; replicas need two."""
    clients: Mapping[str, pulumi.Input[str]]
    """Who may connect: a short name (part of resource names) to a security group's id."""
    settings: CacheSettings
    log_days: int
    """Days the engine's and the slow log are kept."""
    protect: bool
    """Final snapshot."""
    alarms: bool = False
    alarm_topic_arn: str | None = None
    """Who is told of alarms."""


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
        settings = args.settings
        key = make_key(f"{name}-key", description=f"{name}: storage, secret", parent=self)
        user = make_app_user(
            f"{name}-app", key_arn=key.arn, parent=self, numbers=settings.passwords
        )
        place = CachePlace(
            subnet_ids=args.subnet_ids,
            access_group_id=_access_group(self, name, args).id,
            key_arn=key.arn,
            user_group_id=_user_group(self, name, app_user=user).user_group_id,
            settings=settings,
            log_days=args.log_days,
            protect=args.protect,
        )
        if settings.mode == "serverless":
            serverless = make_serverless_cache(name, place, parent=self)
            cache_id = serverless.name
            self.primary_endpoint = serverless.endpoints[0].address
            self.reader_endpoint = serverless.reader_endpoints[0].address
            self.engine_version = serverless.full_engine_version
        else:
            group = make_replication_group(name, place, parent=self)
            cache_id = group.id
            self.primary_endpoint = group.primary_endpoint_address
            self.reader_endpoint = group.reader_endpoint_address
            self.engine_version = group.engine_version_actual
        self.port = pulumi.Output.from_input(PORT)
        self.secret_arn = user.secret_arn
        self.eviction_policy = pulumi.Output.from_input(EVICTION_POLICIES[settings.role])
        self.url = pulumi.Output.secret(
            pulumi.Output.all(user.password, self.primary_endpoint).apply(_url)
        )
        if args.alarms:
            watched = CacheAlarmsArgs(
                settings=settings, cache_id=cache_id, topic_arn=args.alarm_topic_arn
            )
            make_cache_alarms(name, watched, parent=self)
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
        authentication_mode={"type": "password", "passwords": app_user.passwords},
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


def _url(parts: Sequence[str]) -> str:
    password, host = parts
    return redis_url(user=APP_USER, password=password, host=host, port=PORT)
