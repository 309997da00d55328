"""What is watched of an Aurora cluster and its proxy, and which of RDS's events are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components._alarms import Alarm, Watched, make_alarms
from stacks.aurora_classes import max_connections, memory_gib
from stacks.data_settings import DatabaseSettings

NAMESPACE = "AWS/RDS"
GIB = 2**30
CONNECTIONS_SHARE, MEMORY_SHARE = 0.8, 0.1
"""Of all connections taken; of the memory left."""
LAG_MS = 1000
"""Aurora's replicas are some 20 ms behind; the API leaves one that is 2 s behind alone."""
DEADLOCKS_A_SECOND = 0.1
PINNED = 10
"""Sessions that have a connection to themselves: the API's speak so that none need one."""
BORROW_MICROSECONDS = 50_000
"""The scaling guide's bound for 95 % of the queries is 50 ms: waiting alone must not take that."""
EVENTS = {
    "db-cluster": ["failover", "failure", "maintenance", "notification"],
    "db-instance": ["availability", "failure", "maintenance"],
}
"""Categories by source (Aurora user guide, "Amazon RDS event categories and event messages")."""


@dataclass(frozen=True, kw_only=True)
class DatabaseAlarmsArgs:
    """What there is to watch."""

    cluster: aws.rds.Cluster
    instances: Sequence[aws.rds.ClusterInstance]
    """The named ones."""
    proxy_name: pulumi.Input[str] | None
    settings: DatabaseSettings
    topic_arn: str | None


def make_database_alarms(name: str, args: DatabaseAlarmsArgs, *, parent: pulumi.Resource) -> None:
    """By cluster and role: so they hold for readers that Aurora adds, and after a failover."""
    watched = partial(Watched, namespace=NAMESPACE, topic_arn=args.topic_arn)
    settings, cluster = args.settings, {"DBClusterIdentifier": args.cluster.id}
    roles = {"WRITER": settings.instance_class}
    if settings.readers:
        roles["READER"] = settings.class_of_readers
    sizes = {role: memory_gib(kind, settings.acu_max) for role, kind in roles.items()}
    make_alarms(
        _of_the_cluster(name, settings, smallest_gib=min(sizes.values())),
        watched(dimensions=cluster),
        parent=parent,
    )
    for role, gib in sizes.items():
        alarms = {f"{name}-conns-{role.lower()}": _connections(gib)}
        make_alarms(alarms, watched(dimensions={**cluster, "Role": role}), parent=parent)
    if args.proxy_name is not None:
        dimensions = {"ProxyName": args.proxy_name}
        make_alarms(_of_the_proxy(f"{name}-proxy"), watched(dimensions=dimensions), parent=parent)
    if args.topic_arn is not None:
        _tell_events(name, args, topic_arn=args.topic_arn, parent=parent)


def _of_the_cluster(
    name: str, settings: DatabaseSettings, *, smallest_gib: float
) -> dict[str, Alarm]:
    alarms = {
        f"{name}-memory": Alarm(
            metric="FreeableMemory",
            statistic="Minimum",
            bound=MEMORY_SHARE * smallest_gib * GIB,
            below=True,
            says="An instance has less than a tenth of its memory left: take a larger class.",
        ),
        f"{name}-deadlocks": Alarm(
            metric="Deadlocks",
            bound=DEADLOCKS_A_SECOND,
            says="Transactions wait for each other: read the error log, order their statements.",
        ),
    }
    if settings.readers:
        alarms[f"{name}-lag"] = Alarm(
            metric="AuroraReplicaLagMaximum",
            statistic="Maximum",
            bound=LAG_MS,
            says="A reader is a second behind: look for a long transaction, or too small a class.",
        )
    if settings.is_serverless:
        alarms[f"{name}-capacity"] = Alarm(
            metric="ACUUtilization",
            bound=90,
            minutes=15,
            says="The capacity is at its end: raise database.acuMax.",
        )
    return alarms


def _connections(gib: float) -> Alarm:
    return Alarm(
        metric="DatabaseConnections",
        statistic="Maximum",
        bound=CONNECTIONS_SHARE * max_connections(gib),
        says="Four in five connections are taken: fewer pods, smaller pools or a larger class.",
    )


def _of_the_proxy(name: str) -> dict[str, Alarm]:
    return {
        f"{name}-pinned": Alarm(
            metric="DatabaseConnectionsCurrentlySessionPinned",
            bound=PINNED,
            says="Sessions hold connections to themselves: the proxy's log says why.",
        ),
        f"{name}-borrow": Alarm(
            metric="DatabaseConnectionsBorrowLatency",
            bound=BORROW_MICROSECONDS,
            says="Requests wait for a connection: the database has too few, or slow statements.",
        ),
    }


def _tell_events(
    name: str, args: DatabaseAlarmsArgs, *, topic_arn: str, parent: pulumi.Resource
) -> None:
    sources = {
        "db-cluster": [args.cluster.id],
        "db-instance": [instance.id for instance in args.instances],
    }
    for source, categories in EVENTS.items():
        aws.rds.EventSubscription(
            f"{name}-{source.removeprefix('db-')}",
            sns_topic=topic_arn,
            source_type=source,
            source_ids=sources[source],
            event_categories=categories,
            opts=pulumi.ResourceOptions(parent=parent, protect=False),
        )
