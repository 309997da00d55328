"""Alarms of a part: a metric over or under a bound for minutes on end, and who is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

PERIOD_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One metric, its bound, and what whoever is told should think of."""

    metric: str
    bound: float
    """In the metric's own unit."""
    says: str
    statistic: Literal["Average", "Maximum", "Minimum", "Sum"] = "Average"
    below: bool = False
    """It goes off under the bound, not over it."""
    minutes: int = 5
    """On end; a peak of one minute is nobody's work."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Whose metrics, and who is told."""

    namespace: str
    dimensions: Mapping[str, pulumi.Input[str]]
    topic_arn: str | None
    """None tells nobody: the alarm only changes its state."""


def make_alarms(alarms: Mapping[str, Alarm], watched: Watched, *, parent: pulumi.Resource) -> None:
    """One alarm for each, by logical name; silence is no alarm, since an idle part reports none."""
    told = [watched.topic_arn] if watched.topic_arn else None
    for name, alarm in alarms.items():
        aws.cloudwatch.MetricAlarm(
            name,
            alarm_description=alarm.says,
            namespace=watched.namespace,
            metric_name=alarm.metric,
            dimensions=watched.dimensions,
            statistic=alarm.statistic,
            period=PERIOD_SECONDS,
            evaluation_periods=alarm.minutes,
            comparison_operator="LessThanThreshold" if alarm.below else "GreaterThanThreshold",
            threshold=alarm.bound,
            treat_missing_data="notBreaching",
            alarm_actions=told,
            ok_actions=told,
            opts=pulumi.ResourceOptions(parent=parent, protect=False),
        )
