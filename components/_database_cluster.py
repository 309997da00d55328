"""The Aurora cluster itself: its name, groups, logs, backups, and what it is restored from."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from stacks.data_settings import DatabaseSettings

PORT = 3306
ENGINE, FAMILY = (
    aws.rds.EngineType.AURORA_MYSQL,
    "aurora-mysql8.0",
)  # change together with the settings' pattern
MASTER_USER = "dbowner"
LOGS = ("audit", "error", "slowquery")
CLUSTER_PARAMETERS: list[aws.rds.ClusterParameterGroupParameterArgsDict] = [
    {"name": "require_secure_transport", "value": "ON"},
    # The API gives a statement up after 2 s: what waits for a lock must not wait on for an hour.
    {"name": "lock_wait_timeout", "value": "3"},
    {"name": "innodb_lock_wait_timeout", "value": "3"},
    # Exporting the audit log without these exports an empty one.
    {"name": "server_audit_logging", "value": "1"},
    {"name": "server_audit_events", "value": "CONNECT,QUERY_DCL,QUERY_DDL"},
]
BINARY_LOG: aws.rds.ClusterParameterGroupParameterArgsDict = {
    "name": "binlog_format",
    "value": "ROW",
    "apply_method": "pending-reboot",
}
"""A blue/green upgrade replicates by binary log, and turning it on later costs a reboot; but an
instance with one never pauses."""
STORAGE = {"standard": None, "ioOptimized": "aurora-iopt1"}
INSIGHTS_DAYS = {"standard": 7, "advanced": 465}
"""The least each mode takes (Aurora user guide, "Database Insights")."""
HOUR_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """Where it stands, what locks it and what a stack chooses."""

    subnet_ids: pulumi.Input[Sequence[str]]
    access_group_id: pulumi.Input[str]
    key_arn: pulumi.Output[str]
    settings: DatabaseSettings
    log_days: int
    protect: bool


def make_cluster(name: str, args: ClusterArgs, *, parent: pulumi.Resource) -> aws.rds.Cluster:
    """The cluster takes `protect` from its parent; what belongs to it does not."""
    settings, source = args.settings, args.settings.restore_cluster
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    subnets = aws.rds.SubnetGroup(f"{name}-net", subnet_ids=args.subnet_ids, opts=free)
    identifier = _identifier(name, args, subnets=subnets, parent=parent)
    logs = _logs(name, args, identifier=identifier, parent=parent)
    last_snapshot = pulumi.Output.concat(identifier, "-final") if args.protect else None
    cluster = aws.rds.Cluster(
        name,
        cluster_identifier=identifier,
        engine=ENGINE,
        engine_version=settings.engine_version,
        engine_lifecycle_support="open-source-rds-extended-support-disabled",
        serverlessv2_scaling_configuration=_capacity(settings) if settings.is_serverless else None,
        storage_type=STORAGE[settings.storage],
        database_name=settings.name,
        port=PORT,
        # A backup brings its own: AWS takes none, and another name would replace the cluster.
        master_username=None if source or settings.restore_snapshot else MASTER_USER,
        manage_master_user_password=True,
        master_user_secret_kms_key_id=args.key_arn,
        iam_database_authentication_enabled=True,
        db_subnet_group_name=subnets.name,
        db_cluster_parameter_group_name=_parameters(name, settings, opts=free).name,
        vpc_security_group_ids=[args.access_group_id],
        # A copy of a cluster's past is encrypted as that one is; the key is taken for no other.
        storage_encrypted=None if source else True,
        kms_key_id=args.key_arn,
        snapshot_identifier=settings.restore_snapshot,
        restore_to_point_in_time=_past(source, settings.restore_time) if source else None,
        backup_retention_period=settings.backup_days,
        preferred_backup_window=settings.backup_window,
        preferred_maintenance_window=settings.maintenance_window,
        copy_tags_to_snapshot=True,
        backtrack_window=settings.backtrack_hours * HOUR_SECONDS or None,
        enable_local_write_forwarding=settings.write_forwarding or None,
        enabled_cloudwatch_logs_exports=LOGS,
        # On the cluster too: the readers that Aurora adds take it from here.
        database_insights_mode=settings.insights,
        performance_insights_enabled=True,
        performance_insights_kms_key_id=args.key_arn,
        performance_insights_retention_period=INSIGHTS_DAYS[settings.insights],
        deletion_protection=args.protect,
        delete_automated_backups=not args.protect,
        skip_final_snapshot=not args.protect,
        final_snapshot_identifier=last_snapshot,
        # An update does what its preview shows, not at some time in the maintenance window.
        apply_immediately=True,
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=logs,
            # AWS upgrades minor versions; going back to the setting's would be refused.
            ignore_changes=["engineVersion"],
        ),
    )
    _rotate(name, settings, cluster=cluster, parent=parent)
    return cluster


def _parameters(
    name: str, settings: DatabaseSettings, *, opts: pulumi.ResourceOptions
) -> aws.rds.ClusterParameterGroup:
    parameters = CLUSTER_PARAMETERS if settings.pauses else [*CLUSTER_PARAMETERS, BINARY_LOG]
    return aws.rds.ClusterParameterGroup(
        f"{name}-cluster", family=FAMILY, parameters=parameters, opts=opts
    )


def _identifier(
    name: str, args: ClusterArgs, *, subnets: aws.rds.SubnetGroup, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Log groups and the final snapshot carry the name, so it is known before the cluster.

    What replaces a cluster gives a new one, a renamed part keeps it.
    """
    settings = args.settings
    keepers = {"name": settings.name, "subnets": subnets.name, "key": args.key_arn}
    past = (settings.restore_snapshot, settings.restore_cluster, settings.restore_time)
    if any(past):
        keepers["restored"] = " ".join(filter(None, past))
    return random.RandomId(
        f"{name}-suffix",
        byte_length=4,
        prefix=f"{name}-",
        keepers=keepers,
        opts=pulumi.ResourceOptions(parent=parent, ignore_changes=["prefix"]),
    ).hex


def _capacity(
    settings: DatabaseSettings,
) -> aws.rds.ClusterServerlessv2ScalingConfigurationArgsDict:
    bounds: aws.rds.ClusterServerlessv2ScalingConfigurationArgsDict = {
        "min_capacity": settings.acu_min,
        "max_capacity": settings.acu_max,
    }
    if settings.pauses:
        bounds["seconds_until_auto_pause"] = settings.pause_seconds
    return bounds


def _past(source: str, moment: str | None) -> aws.rds.ClusterRestoreToPointInTimeArgsDict:
    """A copy of its own: a clone would hang on the volume of the cluster it was made from."""
    past: aws.rds.ClusterRestoreToPointInTimeArgsDict = {"restore_type": "full-copy"}
    # Identifiers are lower case; only a resource id names a cluster that is no more.
    if source == source.lower():
        past["source_cluster_identifier"] = source
    else:
        past["source_cluster_resource_id"] = source
    if moment is None:
        past["use_latest_restorable_time"] = True
    else:
        past["restore_to_time"] = moment
    return past


def _logs(
    name: str, args: ClusterArgs, *, identifier: pulumi.Output[str], parent: pulumi.Resource
) -> list[aws.cloudwatch.LogGroup]:
    return [
        aws.cloudwatch.LogGroup(
            f"{name}-log-{log}",
            # RDS writes to this name, and would make the group itself and keep it for ever.
            name=pulumi.Output.concat("/aws/rds/cluster/", identifier, "/", log),
            retention_in_days=args.log_days,
            opts=pulumi.ResourceOptions(parent=parent, protect=False),
        )
        for log in LOGS
    ]


def _rotate(
    name: str,
    settings: DatabaseSettings,
    *,
    cluster: aws.rds.Cluster,
    parent: pulumi.Resource,
) -> None:
    if settings.master_rotation_days is None:
        return
    aws.secretsmanager.SecretRotation(
        f"{name}-master",
        secret_id=cluster.master_user_secrets[0].secret_arn,
        rotation_rules={"automatically_after_days": settings.master_rotation_days},
        rotate_immediately=False,
        # The secret is RDS's and goes with the cluster: there is nothing to cancel then.
        opts=pulumi.ResourceOptions(parent=parent, protect=False, deleted_with=cluster),
    )
