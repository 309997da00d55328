"""What is watched of database and proxy, and who is told."""

from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg
from tests.graph.test_database import CLUSTER, database

TOPIC = "arn:aws:sns:us-east-1:123456789012:on-call"
LARGE: dict[str, Any] = {"instance_class": "db.r8g.large", "readers": 1, "alarms": True}


def alarms(graph: Graph) -> dict[str, Reg]:
    return {r.name: r for r in graph.all("MetricAlarm")}


def bound(graph: Graph, name: str) -> tuple[str, str, float]:
    given = alarms(graph)[name].inputs
    return given["metricName"], given["comparisonOperator"], given["threshold"]


@pytest.mark.row("A7", "observe.alarms")
def test_a7_pinned_sessions_and_slow_borrowing_are_told() -> None:
    graph = database(**LARGE, proxy=True)

    over = "GreaterThanThreshold"
    pinned, borrow = "DatabaseConnectionsCurrentlySessionPinned", "DatabaseConnectionsBorrowLatency"
    assert bound(graph, "database-proxy-pinned") == (pinned, over, 10)
    assert bound(graph, "database-proxy-borrow") == (borrow, over, 50_000)
    assert alarms(graph)["database-proxy-pinned"].inputs["dimensions"] == {
        "ProxyName": graph.one("Proxy").inputs["name"]
    }


@pytest.mark.row("A25", "observe.alarms")
def test_a25_lag_memory_and_deadlocks_are_told_of_the_whole_cluster() -> None:
    graph = database(**LARGE)

    under, over = "LessThanThreshold", "GreaterThanThreshold"
    assert bound(graph, "database-lag") == ("AuroraReplicaLagMaximum", over, 1000)
    assert bound(graph, "database-memory") == ("FreeableMemory", under, 1.6 * 2**30)
    assert bound(graph, "database-deadlocks") == ("Deadlocks", over, 0.1)
    dimensions = [alarms(graph)[f"database-{n}"].inputs["dimensions"] for n in ("lag", "memory")]
    assert dimensions == [{"DBClusterIdentifier": graph.one(CLUSTER).id}] * 2


@pytest.mark.row("A25", "observe.alarms")
@pytest.mark.parametrize(
    ("settings", "writer", "reader"),
    [
        ({"instance_class": "db.r8g.large"}, 800, 800),
        ({"instance_class": "db.r8g.2xlarge", "reader_class": "db.t4g.medium"}, 2400, 72),
        ({"instance_class": "db.serverless", "acu_max": 16.0}, 1600, 1600),
    ],
)
def test_a25_connections_are_told_at_four_fifths_of_what_each_class_takes(
    settings: dict[str, Any], writer: float, reader: float
) -> None:
    graph = database(**settings, readers=1, alarms=True)

    given = {
        r.inputs["dimensions"]["Role"]: r.inputs["threshold"]
        for r in graph.all("MetricAlarm")
        if r.inputs["metricName"] == "DatabaseConnections"
    }
    assert given == {"WRITER": writer, "READER": reader}


@pytest.mark.row("A25", "observe.alarms")
def test_a25_without_readers_there_is_no_lag_to_tell() -> None:
    graph = database(alarms=True)

    assert [name for name in alarms(graph) if name.endswith(("-lag", "-reader"))] == []


@pytest.mark.row("A25", "observe.alarms")
def test_a25_a_serverless_database_tells_that_its_capacity_ends() -> None:
    assert bound(database(alarms=True), "database-capacity")[0] == "ACUUtilization"
    assert "database-capacity" not in alarms(database(**LARGE))


@pytest.mark.row("A25", "observe.alarmTopicArn")
def test_a25_events_of_cluster_and_instances_go_to_the_topic() -> None:
    graph = database(**LARGE, topic=TOPIC)

    events = {r.inputs["sourceType"]: r.inputs for r in graph.all("EventSubscription")}
    assert {e["snsTopic"] for e in events.values()} == {TOPIC}
    assert events["db-cluster"]["sourceIds"] == [graph.one(CLUSTER).id]
    assert "failover" in events["db-cluster"]["eventCategories"]
    instances = [r.id for r in graph.all("ClusterInstance")]
    assert events["db-instance"]["sourceIds"] == instances


@pytest.mark.row("A25", "observe.alarmTopicArn")
def test_a25_alarms_tell_the_topic_when_they_go_off_and_when_it_is_over() -> None:
    given = [r.inputs for r in alarms(database(**LARGE, topic=TOPIC)).values()]

    assert {(*i["alarmActions"], *i["okActions"]) for i in given} == {(TOPIC, TOPIC)}


@pytest.mark.row("A25", "observe.alarmTopicArn")
def test_a25_without_a_topic_nobody_is_told_and_no_events_are_sent() -> None:
    graph = database(**LARGE)

    assert [r.name for r in graph.all("MetricAlarm") if "alarmActions" in r.inputs] == []
    assert graph.all("EventSubscription") == []


@pytest.mark.row("A25", "")
def test_a25_production_and_staging_are_watched_and_the_laptop_is_not(
    graphs: dict[str, Graph],
) -> None:
    counts = {stack: len(graph.all("MetricAlarm")) for stack, graph in graphs.items()}

    assert (counts["prod"] > counts["staging"] > 0, counts["local"]) == (True, 0)


def test_every_alarm_says_what_to_do_and_none_goes_off_in_silence(prod: Graph) -> None:
    given = [r.inputs for r in prod.all("MetricAlarm")]

    assert all(len(i["alarmDescription"]) > 20 for i in given)
    assert {i["treatMissingData"] for i in given} == {"notBreaching"}
