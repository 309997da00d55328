"""What is watched of the cache, and where its logs go."""

from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.test_cache import cache

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"


def bounds(graph: Graph, node: str) -> dict[str, tuple[str, float]]:
    given = [r.inputs for r in graph.all("MetricAlarm")]
    return {
        i["metricName"]: (i["comparisonOperator"], i["threshold"])
        for i in given
        if list(i["dimensions"].values()) == [node]
    }


def watched(**settings: Any) -> set[str]:
    return {r.inputs["metricName"] for r in cache(alarms=True, **settings).all("MetricAlarm")}


@pytest.mark.row("R9", "observe.alarms")
def test_r9_each_node_is_asked_the_same_since_any_may_become_the_primary() -> None:
    graph = cache(alarms=True, replicas=1)

    under, over = "LessThanThreshold", "GreaterThanThreshold"
    group = graph.one("ReplicationGroup").id
    assert bounds(graph, f"{group}-001") == {
        "EngineCPUUtilization": (over, 80),
        "DatabaseMemoryUsagePercentage": (over, 90),
        "Evictions": (over, 0),
        "CacheHitRate": (under, 50),
    }
    assert bounds(graph, f"{group}-001") == bounds(graph, f"{group}-002")


@pytest.mark.row("R9", "cache.role")
@pytest.mark.ask(14)
@pytest.mark.parametrize(
    ("role", "metrics"),
    [
        ("cache", {"EngineCPUUtilization", "Evictions", "CacheHitRate"}),
        ("limiter", {"EngineCPUUtilization", "DatabaseMemoryUsagePercentage"}),
    ],
)
def test_r9_what_is_normal_for_a_role_is_no_alarm(role: str, metrics: set[str]) -> None:
    assert watched(role=role) == metrics


@pytest.mark.row("R9", "observe.alarms")
def test_r9_a_serverless_cache_tells_that_it_is_throttled_or_full() -> None:
    graph = cache(alarms=True, mode="serverless", max_gib=10)

    given = bounds(graph, graph.one("ServerlessCache").outputs["name"])
    assert given["ThrottledCmds"] == ("GreaterThanThreshold", 0)
    assert given["BytesUsedForCache"] == ("GreaterThanThreshold", 9_000_000_000)


@pytest.mark.row("R9", "observe.alarmTopicArn")
def test_r9_the_topic_is_told() -> None:
    given = [r.inputs for r in cache(alarms=True, topic=TOPIC).all("MetricAlarm")]

    assert {(*i["alarmActions"], *i["okActions"]) for i in given} == {(TOPIC, TOPIC)}


@pytest.mark.row("R9", "observe.logDays")
def test_r9_slow_and_engine_log_are_delivered_to_groups_of_their_own() -> None:
    graph = cache()

    delivered = graph.one("ReplicationGroup").inputs["logDeliveryConfigurations"]
    groups = {r.outputs["name"]: r.inputs["retentionInDays"] for r in graph.all("LogGroup")}
    assert {each["destination"] for each in delivered} == {*groups}
    assert {each["logType"] for each in delivered} == {"engine-log", "slow-log"}
    assert {*groups.values()} == {30}
