"""How large the database is: classes of its instances, pauses, readers under load."""

from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.test_database import CLUSTER, database, parameters


def classes(**settings: Any) -> dict[str, str]:
    graph = database(**settings)
    return {r.name: r.inputs["instanceClass"] for r in graph.all("ClusterInstance")}


def capacity(**settings: Any) -> dict[str, Any]:
    return database(**settings).one(CLUSTER).inputs["serverlessv2ScalingConfiguration"]


@pytest.mark.row("A2", "database.readerClass")
def test_a2_readers_have_a_class_of_their_own() -> None:
    given = classes(instance_class="db.r8g.large", reader_class="db.serverless", readers=2)

    assert given == {
        "database-writer": "db.r8g.large",
        "database-reader-a": "db.serverless",
        "database-reader-b": "db.serverless",
    }


@pytest.mark.row("A2", "database.readerClass")
@pytest.mark.parametrize(
    ("writer", "readers"), [("db.r8g.large", "db.serverless"), ("db.serverless", "db.r8g.large")]
)
def test_a2_the_cluster_has_a_capacity_as_soon_as_one_class_is_serverless(
    writer: str, readers: str
) -> None:
    given = capacity(instance_class=writer, reader_class=readers, readers=1, acu_max=8.0)

    assert given == {"minCapacity": 0.5, "maxCapacity": 8}


@pytest.mark.row("A3", "database.acuMin")
def test_a3_instances_pause_at_no_capacity_after_the_time_that_is_set() -> None:
    assert capacity(acu_min=0.0, pause_seconds=900) == {
        "minCapacity": 0,
        "maxCapacity": 4,
        "secondsUntilAutoPause": 900,
    }


@pytest.mark.row("A3", "database.acuMin")
def test_a3_what_pauses_keeps_no_binary_log_that_would_wake_it() -> None:
    assert "binlog_format" not in parameters(database(acu_min=0.0), "ClusterParameterGroup")


def scaling(**settings: Any) -> Graph:
    return database(**{"readers": 2, "readers_max": 5, **settings})


@pytest.mark.row("A4", "database.readersMax")
def test_a4_readers_follow_their_cpu() -> None:
    graph = scaling(reader_cpu_percent=70)

    target = graph.one("aws:appautoscaling/target:Target")
    policy = graph.one("aws:appautoscaling/policy:Policy")
    tracking = policy.inputs["targetTrackingScalingPolicyConfiguration"]
    assert target.inputs["resourceId"] == f"cluster:{graph.one(CLUSTER).id}"
    assert tracking["predefinedMetricSpecification"] == {
        "predefinedMetricType": "RDSReaderAverageCPUUtilization"
    }
    assert tracking["targetValue"] == 70


@pytest.mark.row("A4", "database.readerConnections")
def test_a4_readers_follow_their_connections_too_where_a_bound_is_set() -> None:
    policies = scaling(reader_connections=400).all("aws:appautoscaling/policy:Policy")

    tracked = [r.inputs["targetTrackingScalingPolicyConfiguration"] for r in policies]
    assert {
        each["predefinedMetricSpecification"]["predefinedMetricType"]: each["targetValue"]
        for each in tracked
    } == {"RDSReaderAverageCPUUtilization": 60, "RDSReaderAverageDatabaseConnections": 400}


@pytest.mark.row("A4", "")
def test_a4_production_scales_its_readers_from_the_named_one_to_five(prod: Graph) -> None:
    target = prod.one("aws:appautoscaling/target:Target").inputs

    assert (target["minCapacity"], target["maxCapacity"]) == (1, 5)


@pytest.mark.ask(2)
def test_named_readers_are_resources_and_never_counted_from_a_capacity() -> None:
    graph = scaling(readers=2)

    names = [r.name for r in graph.all("ClusterInstance")]
    assert names == ["database-writer", "database-reader-a", "database-reader-b"]
    assert graph.one("aws:appautoscaling/target:Target").inputs["minCapacity"] == 2
    assert "clusterMembers" not in graph.one(CLUSTER).inputs


@pytest.mark.ask(2)
def test_scaling_begins_after_the_readers_and_so_ends_before_them() -> None:
    graph = scaling()

    readers = {r.urn for r in graph.all("ClusterInstance") if "reader" in r.name}
    target = graph.one("aws:appautoscaling/target:Target")
    assert {*readers, graph.one(CLUSTER).urn} <= target.depends
