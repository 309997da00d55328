"""A cache of nodes: one replication group with its parameters, logs and final snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from stacks.data_settings import CacheSettings

PORT = 6379
ENGINE, ENGINE_VERSION, FAMILY = "valkey", "8.0", "valkey8"  # change together
EVICTION_POLICIES = {"cache": "allkeys-lru", "limiter": "noeviction", "both": "volatile-lru"}
"""By `cache.role`: a cache may lose any key, a limiter none, both only those with a lifetime."""
RESERVED_MEMORY_PERCENT = "25"
"""Kept for snapshots and failover, whatever the keys are (ElastiCache user guide, "Managing
reserved memory")."""
SNAPSHOT_WINDOW, MAINTENANCE_WINDOW = "02:00-03:00", "sun:04:00-sun:05:00"  # UTC, must not overlap
LOGS = {"engine": "engine-log", "slow": "slow-log"}


@dataclass(frozen=True, kw_only=True)
class CachePlace:
    """Where a cache stands, what locks it and who gets in."""

    subnet_ids: pulumi.Input[Sequence[str]]
    access_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    user_group_id: pulumi.Input[str]
    settings: CacheSettings
    log_days: int
    protect: bool


def make_replication_group(
    name: str, place: CachePlace, *, parent: pulumi.Resource
) -> aws.elasticache.ReplicationGroup:
    """The group, which takes `protect` from its parent; it refuses what AWS would fail at."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    settings = place.settings
    fails_over = settings.replicas > 0 and settings.failover
    subnets = aws.elasticache.SubnetGroup(f"{name}-net", subnet_ids=place.subnet_ids, opts=free)
    parameters = aws.elasticache.ParameterGroup(
        f"{name}-parameters",
        family=FAMILY,
        parameters=[
            {"name": "maxmemory-policy", "value": EVICTION_POLICIES[settings.role]},
            {"name": "reserved-memory-percent", "value": RESERVED_MEMORY_PERCENT},
        ],
        opts=free,
    )
    refuses = pulumi.ResourceHook(
        f"{name}-one-node", _refuse_both_at_once, pulumi.ResourceHookOptions(on_dry_run=True)
    )
    return aws.elasticache.ReplicationGroup(
        name,
        description=f"{name} ({ENGINE})",
        engine=ENGINE,
        engine_version=ENGINE_VERSION,
        auto_minor_version_upgrade=True,
        node_type=settings.node_type,
        num_cache_clusters=1 + settings.replicas,
        automatic_failover_enabled=fails_over,
        multi_az_enabled=fails_over,
        port=PORT,
        parameter_group_name=parameters.name,
        subnet_group_name=subnets.name,
        security_group_ids=[place.access_group_id],
        user_group_ids=[place.user_group_id],
        transit_encryption_enabled=True,
        transit_encryption_mode="required",
        at_rest_encryption_enabled=True,
        kms_key_id=place.key_arn,
        snapshot_retention_limit=settings.snapshot_days,
        snapshot_window=SNAPSHOT_WINDOW,
        final_snapshot_identifier=_last_snapshot(name, place, subnets, parent=parent)
        if place.protect
        else None,
        log_delivery_configurations=_logs(name, place, parent=parent),
        maintenance_window=MAINTENANCE_WINDOW,
        # An update does what its preview shows, not at some time in the maintenance window.
        apply_immediately=True,
        opts=pulumi.ResourceOptions(
            parent=parent,
            # AWS upgrades minor versions; going back to the one above would be refused.
            ignore_changes=["engineVersion"],
            hooks=pulumi.ResourceHookBinding(before_update=[refuses]),
        ),
    )


def one_step_to_one_node(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Why a change from replicas to none is refused: failover has to be off before."""
    if old.get("automaticFailoverEnabled") is not True or new.get("numCacheClusters") != 1:
        return None
    return (
        "cache.replicas: the last replica cannot go while failover is on, AWS refuses it."
        " Two updates do it: first set cache.failover to false and leave the replicas,"
        " then set cache.replicas to 0"
    )


def _refuse_both_at_once(change: pulumi.ResourceHookArgs) -> None:
    problem = one_step_to_one_node(change.old_inputs or {}, change.new_inputs or {})
    if problem is not None:
        raise ValueError(problem)


def _logs(
    name: str, place: CachePlace, *, parent: pulumi.Resource
) -> list[aws.elasticache.ReplicationGroupLogDeliveryConfigurationArgsDict]:
    return [
        {
            "log_type": log_type,
            "log_format": "json",
            "destination_type": "cloudwatch-logs",
            "destination": aws.cloudwatch.LogGroup(
                f"{name}-log-{last}",
                retention_in_days=place.log_days,
                opts=pulumi.ResourceOptions(parent=parent, protect=False),
            ).name,
        }
        for last, log_type in LOGS.items()
    ]


def _last_snapshot(
    name: str,
    place: CachePlace,
    subnets: aws.elasticache.SubnetGroup,
    *,
    parent: pulumi.Resource,
) -> pulumi.Output[str]:
    # A snapshot's name can be taken once; what replaces the group gives a new one.
    suffix = random.RandomId(
        f"{name}-suffix",
        byte_length=4,
        keepers={"subnets": subnets.name, "key": place.key_arn},
        opts=pulumi.ResourceOptions(parent=parent, protect=False),
    )
    return pulumi.Output.concat(name, "-", suffix.hex, "-final")
