"""The load balancer by AWS's APIs: weights of the production rule, target health, metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from release.parts import Targets, Traffic, Weights
from release.plan import Route
from stacks.slots import SLOTS, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDataQueryTypeDef
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import (
        ActionOutputTypeDef,
        RuleTypeDef,
        TargetGroupTupleTypeDef,
    )

NAMESPACE = "AWS/ApplicationELB"
PERIOD_SECONDS = 60
"""A load balancer reports in these intervals (Elastic Load Balancing user guide, "CloudWatch
metrics for your Application Load Balancer")."""
_STARTING = {"initial"}
_UNHEALTHY = {"unhealthy", "unhealthy.draining", "unavailable"}
_COUNTS = {
    "requests": "RequestCount",
    "answers": "HTTPCode_Target_5XX_Count",
    "connections": "TargetConnectionErrorCount",
}
_TIME = "TargetResponseTime"


class AlbRouter:
    """The production rule of a listener: the one that forwards to both slots."""

    def __init__(self, route: Route, elbv2: ElasticLoadBalancingv2Client) -> None:
        self._route, self._elbv2 = route, elbv2

    def weights(self) -> Weights | None:
        """As ELB has them; none where there is no such rule or listener."""
        rule = self._rule()
        if rule is None:
            return None
        told = _weights_in(rule, self._route)
        return {slot: told[self._route.groups[slot]] for slot in SLOTS}

    def move(self, weights: Weights) -> None:
        """Change the weights and nothing else of the rule."""
        rule = self._rule()
        if rule is None:
            raise LookupError(f"listener {self._route.listener} has no rule that knows both slots")
        by_group = {self._route.groups[slot]: weights[slot] for slot in SLOTS}
        actions = [_with_weights(action, by_group) for action in rule.get("Actions", [])]
        self._elbv2.modify_rule(RuleArn=rule.get("RuleArn", ""), Actions=actions)

    def targets(self, slot: Slot) -> Targets:
        """How healthy the slot's pods are; what drains belongs to it no more."""
        answer = self._elbv2.describe_target_health(TargetGroupArn=self._route.groups[slot])
        states = [
            target.get("TargetHealth", {}).get("State", "")
            for target in answer["TargetHealthDescriptions"]
        ]
        return Targets(
            healthy=states.count("healthy"),
            starting=sum(state in _STARTING for state in states),
            unhealthy=sum(state in _UNHEALTHY for state in states),
        )

    def _rule(self) -> RuleTypeDef | None:
        pages = self._elbv2.get_paginator("describe_rules")
        try:
            rules = [
                rule
                for page in pages.paginate(ListenerArn=self._route.listener)
                for rule in page["Rules"]
            ]
        except self._elbv2.exceptions.ListenerNotFoundException:
            return None
        groups = set(self._route.groups.values())
        return next((r for r in rules if set(_weights_in(r, self._route)) == groups), None)


class AlbMetrics:
    """What CloudWatch knows of a slot's target group, and of alarms."""

    def __init__(self, route: Route, alarms: Sequence[str], cloudwatch: CloudWatchClient) -> None:
        self._route, self._alarms, self._cloudwatch = route, list(alarms), cloudwatch

    def traffic(self, slot: Slot, since: datetime) -> Traffic:
        """Sums since then; of the p95s of its minutes the worst."""
        dimensions: list[DimensionTypeDef] = [
            {"Name": "TargetGroup", "Value": self._route.groups[slot].split(":", 5)[5]},
            {"Name": "LoadBalancer", "Value": _load_balancer(self._route.listener)},
        ]
        queries = [_query(id_, name, "Sum", dimensions) for id_, name in _COUNTS.items()]
        queries.append(_query("time", _TIME, "p95", dimensions))
        answer = self._cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=since,
            # CloudWatch counts in whole seconds, and refuses an end that is no later.
            EndTime=max(datetime.now(UTC), since + timedelta(seconds=1)),
        )
        found = {r.get("Id", ""): r.get("Values", []) for r in answer["MetricDataResults"]}
        return Traffic(
            requests=int(sum(found["requests"])),
            errors=int(sum(found["answers"]) + sum(found["connections"])),
            p95_seconds=max(found["time"], default=None),
        )

    def alarms(self) -> list[str]:
        """Those in ALARM; raises `LookupError` that names the watched ones that are not there."""
        if not self._alarms:
            return []
        answer = self._cloudwatch.describe_alarms(
            AlarmNames=self._alarms, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        states = {
            alarm.get("AlarmName", ""): alarm.get("StateValue", "")
            for alarm in [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        }
        missing = sorted(set(self._alarms) - set(states))
        if missing:
            raise LookupError(f"release.alarms: there is no alarm {', '.join(missing)}")
        return sorted(name for name, state in states.items() if state == "ALARM")


def _weights_in(rule: RuleTypeDef, route: Route) -> dict[str, int]:
    """Percent by target group; empty for a rule that forwards to others."""
    groups = [
        (group.get("TargetGroupArn", ""), group.get("Weight", 0))
        for action in rule.get("Actions", [])
        for group in action.get("ForwardConfig", {}).get("TargetGroups", [])
    ]
    known = set(route.groups.values())
    return {arn: int(weight) for arn, weight in groups if arn in known}


def _with_weights(action: ActionOutputTypeDef, weights: Mapping[str, int]) -> ActionOutputTypeDef:
    forward = action.get("ForwardConfig")
    if forward is None:
        return action
    groups: list[TargetGroupTupleTypeDef] = [
        {"TargetGroupArn": arn, "Weight": weights[arn]}
        for group in forward.get("TargetGroups", [])
        if (arn := group.get("TargetGroupArn", ""))
    ]
    # ELB takes one of both, and answers with both where there is a single group.
    rest: ActionOutputTypeDef = {**action}
    rest.pop("TargetGroupArn", None)
    return {**rest, "ForwardConfig": {**forward, "TargetGroups": groups}}


def _load_balancer(listener: str) -> str:
    """The load balancer's dimension, from `arn:…:listener/app/<name>/<id>/<own>`."""
    return listener.split(":listener/", 1)[1].rsplit("/", 1)[0]


def _query(
    id_: str, metric: str, statistic: Literal["Sum", "p95"], dimensions: list[DimensionTypeDef]
) -> MetricDataQueryTypeDef:
    return {
        "Id": id_,
        "MetricStat": {
            "Metric": {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions},
            "Period": PERIOD_SECONDS,
            "Stat": statistic,
        },
    }
