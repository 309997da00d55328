"""Readers that Aurora adds under load, and takes away again when it is over."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from stacks.data_settings import DatabaseSettings

NAMESPACE, DIMENSION = "rds", "rds:cluster:ReadReplicaCount"
COOLDOWN_SECONDS = 300
"""Between two changes: a new reader takes some six minutes to be there and warm."""


def scale_readers(
    name: str,
    cluster: aws.rds.Cluster,
    readers: Sequence[aws.rds.ClusterInstance],
    settings: DatabaseSettings,
    *,
    parent: pulumi.Resource,
) -> None:
    """From the named readers up to `readers_max`; Aurora takes away only what it has added.

    The target is made last and goes first, so that Aurora adds nothing to a cluster that goes.
    """
    if settings.readers_max is None:
        return
    free = pulumi.ResourceOptions(parent=parent, protect=False)
    target = aws.appautoscaling.Target(
        f"{name}-readers",
        service_namespace=NAMESPACE,
        scalable_dimension=DIMENSION,
        resource_id=pulumi.Output.concat("cluster:", cluster.id),
        min_capacity=len(readers),
        max_capacity=settings.readers_max,
        opts=pulumi.ResourceOptions(parent=parent, protect=False, depends_on=readers),
    )
    wanted = {"cpu": ("RDSReaderAverageCPUUtilization", settings.reader_cpu_percent)}
    if settings.reader_connections is not None:
        metric = "RDSReaderAverageDatabaseConnections"
        wanted["conns"] = (metric, settings.reader_connections)
    for last, (metric, value) in wanted.items():
        aws.appautoscaling.Policy(
            f"{name}-readers-{last}",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "predefined_metric_specification": {"predefined_metric_type": metric},
                "target_value": value,
                "scale_in_cooldown": COOLDOWN_SECONDS,
                "scale_out_cooldown": COOLDOWN_SECONDS,
            },
            opts=free,
        )
