"""Readers that Aurora added under load: in no state, and a cluster that has any cannot be deleted.

They are told by the name that Application Auto Scaling gives them: a stack's own are not touched.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stackyard.errors import StackyardError
from stackyard.ops.lookup_aws import Aws

TARGET, DIMENSION = "aws:appautoscaling/target:Target", "rds:cluster:ReadReplicaCount"
ADDED = "application-autoscaling-"
WAIT_SECONDS, LOOK_SECONDS = 1200.0, 15.0
"""A reader is gone some five minutes after it was told to go."""

Reach = Callable[[str], Aws]
"""AWS in a region."""


def end_scaling(
    deployment: Mapping[str, Any], reach: Reach, *, sleep: Callable[[float], None] = time.sleep
) -> list[str]:
    """Stop the scaling of every database in the state, delete what it added and wait for the end.

    Gives the names of what was deleted. Raises `StackyardError`; the same command goes on later.
    """
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    targets = [each for each in resources if each["type"] == TARGET]
    gone: list[str] = []
    for target in targets:
        inputs: dict[str, Any] = target.get("inputs") or {}
        if inputs.get("scalableDimension") != DIMENSION:
            continue
        outputs: dict[str, Any] = target.get("outputs") or {}
        try:
            gone += _end(reach(str(outputs.get("region") or "")), inputs["resourceId"], sleep)
        except (BotoCoreError, ClientError) as problem:
            raise StackyardError(
                f"the readers that Aurora added to {inputs['resourceId']} could not be deleted:"
                f" {problem}. Nothing else was touched; run the same command again."
            ) from problem
    return gone


def _end(aws: Aws, resource_id: str, sleep: Callable[[float], None]) -> list[str]:
    _deregister(aws, resource_id)
    cluster = resource_id.removeprefix("cluster:")
    added = _added(aws, cluster)
    for name in added:
        aws.call("rds", "delete_db_instance", DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    waited = 0.0
    while left := _added(aws, cluster):
        if waited >= WAIT_SECONDS:
            raise StackyardError(
                f"{', '.join(left)}: still there after {WAIT_SECONDS:.0f} s; Aurora added them to"
                f" {cluster}, which cannot go before. Run the same command again later."
            )
        sleep(LOOK_SECONDS)
        waited += LOOK_SECONDS
    return added


def _deregister(aws: Aws, resource_id: str) -> None:
    """Before anything goes, or Aurora would add what was just taken away."""
    where = {"ServiceNamespace": "rds", "ScalableDimension": DIMENSION}
    scaling = "application-autoscaling"
    known = aws.call(scaling, "describe_scalable_targets", ResourceIds=[resource_id], **where)
    if known["ScalableTargets"]:
        aws.call(scaling, "deregister_scalable_target", ResourceId=resource_id, **where)


def _added(aws: Aws, cluster: str) -> list[str]:
    found = aws.every(
        "rds",
        "describe_db_instances",
        "DBInstances[].DBInstanceIdentifier",
        Filters=[{"Name": "db-cluster-id", "Values": [cluster]}],
    )
    return [name for name in found if name.startswith(ADDED)]
