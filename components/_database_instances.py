"""Instances of an Aurora cluster: the writer and its readers, watched alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from string import ascii_lowercase
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components._database_cluster import INSIGHTS_DAYS
from components._role import make_role
from stacks.data_settings import DatabaseSettings
from stacks.iam import trusts

PARAMETERS: list[aws.rds.ParameterGroupParameterArgsDict] = [
    {"name": "slow_query_log", "value": "1"},
    {"name": "long_query_time", "value": "1"},
]
MONITORING_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
MONITORING_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class InstancesArgs:
    """The cluster they belong to and what they are like."""

    cluster: aws.rds.Cluster
    family: str
    """Family of the parameter group."""
    zones: pulumi.Input[Sequence[str]]
    """Availability zones they take turns in."""
    key_arn: pulumi.Input[str]
    """Key of Performance Insights."""
    settings: DatabaseSettings


class Instances(NamedTuple):
    """By what they are made as; a failover exchanges the roles."""

    writer: aws.rds.ClusterInstance
    readers: Sequence[aws.rds.ClusterInstance]


def make_instances(name: str, args: InstancesArgs, *, parent: pulumi.Resource) -> Instances:
    """`<name>-writer`, `<name>-reader-a` and so on, none of them protected."""
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    parameters = aws.rds.ParameterGroup(
        f"{name}-instance", family=args.family, parameters=PARAMETERS, opts=free
    )
    role = make_role(f"{name}-monitoring", trusts("monitoring.rds"), free)
    rights = aws.iam.RolePolicyAttachment(
        f"{name}-monitoring", role=role.name, policy_arn=MONITORING_POLICY, opts=free
    )
    zones = pulumi.Output.from_input(args.zones)

    def instance(suffix: str, index: int, after: pulumi.Resource) -> aws.rds.ClusterInstance:
        settings = args.settings
        return aws.rds.ClusterInstance(
            f"{name}-{suffix}",
            cluster_identifier=args.cluster.id,
            engine=aws.rds.EngineType.AURORA_MYSQL,
            # The setting's may be older than what runs, and AWS refuses a version beside it.
            engine_version=args.cluster.engine_version_actual,
            instance_class=settings.class_of_readers if index else settings.instance_class,
            availability_zone=zones.apply(partial(_turn, index)),
            promotion_tier=min(index, 1),
            publicly_accessible=False,
            auto_minor_version_upgrade=True,
            db_subnet_group_name=args.cluster.db_subnet_group_name,
            db_parameter_group_name=parameters.name,
            preferred_maintenance_window=settings.maintenance_window,
            monitoring_interval=MONITORING_SECONDS,
            monitoring_role_arn=role.arn,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.key_arn,
            performance_insights_retention_period=INSIGHTS_DAYS[settings.insights],
            apply_immediately=True,
            opts=pulumi.ResourceOptions(
                parent=parent,
                protect=False,
                depends_on=[after],
                # AWS upgrades minor versions; a zone more changes whose turn it is, and moving
                # an instance replaces it.
                ignore_changes=["engineVersion", "availabilityZone"],
            ),
        )

    writer = instance("writer", 0, rights)
    # After the writer, since the first instance of a cluster becomes its writer.
    readers = [
        instance(f"reader-{ascii_lowercase[index]}", index + 1, writer)
        for index in range(args.settings.readers)
    ]
    return Instances(writer, readers)


def _turn(index: int, zones: Sequence[str]) -> str:
    return zones[index % len(zones)]
