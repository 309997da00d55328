"""The database over the years: families, end of support, insights, storage, backtrack."""

from typing import Any

import pytest

import components._database_cluster
import components.database
from stacks.settings import DatabaseSettings
from stacks.support import CLUSTER_SUPPORT_ENDS
from stackyard.graph.recorder import Graph
from tests.graph.consequences import consequences
from tests.graph.stacks import graph_of, stack_config
from tests.graph.test_database import CLUSTER, database

GROUPS = (
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    "aws:rds/parameterGroup:ParameterGroup",
)


def cluster(**settings: Any) -> dict[str, Any]:
    return database(**settings).one(CLUSTER).inputs


@pytest.mark.row("A11", "")
@pytest.mark.ask(4)
def test_a11_a_new_family_makes_new_parameter_groups_first_and_no_new_cluster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = database.__wrapped__(readers=1)
    for module in (components._database_cluster, components.database):
        monkeypatch.setattr(module, "FAMILY", "aurora-mysql8.4")

    after = database.__wrapped__(readers=1)

    replaced = {after[urn].type for urn in consequences(before, after).replaced}
    assert replaced == {*GROUPS}
    groups = [r for type_ in GROUPS for r in after.all(type_)]
    assert [r.name for r in groups if "name" in r.inputs or "deleteBeforeReplace" in r.opts] == []


@pytest.mark.row("A20", "")
@pytest.mark.ask(31)
def test_a20_neither_database_nor_cluster_slips_into_extended_support(graph: Graph) -> None:
    eks = graph.one("aws:eks/cluster:Cluster").inputs

    support = graph.one(CLUSTER).inputs["engineLifecycleSupport"]
    assert support == "open-source-rds-extended-support-disabled"
    assert eks["upgradePolicy"] == {"supportType": "STANDARD"}


@pytest.mark.row("A20", "")
@pytest.mark.ask(31)
def test_a20_a_stack_tells_when_support_ends(prod: Graph) -> None:
    ends = CLUSTER_SUPPORT_ENDS[prod.stack_outputs["cluster"]["version"]]

    assert prod.stack_outputs["database"]["supportEnds"] == "2028-04-30"
    assert prod.stack_outputs["cluster"]["supportEnds"] == ends == "2027-03-27"


@pytest.mark.row("A22", "database.insights")
@pytest.mark.parametrize(("insights", "days"), [("standard", 7), ("advanced", 465)])
def test_a22_cluster_and_instances_keep_the_same_insights(insights: str, days: int) -> None:
    graph = database(insights=insights, readers=1)

    watched = [graph.one(CLUSTER), *graph.all("ClusterInstance")]
    assert {r.inputs["performanceInsightsRetentionPeriod"] for r in watched} == {days}
    assert {r.inputs["performanceInsightsEnabled"] for r in watched} == {True}
    assert graph.one(CLUSTER).inputs["databaseInsightsMode"] == insights


@pytest.mark.row("A22", "")
def test_a22_production_has_advanced_insights_and_enhanced_monitoring(prod: Graph) -> None:
    seconds = {r.inputs["monitoringInterval"] for r in prod.all("ClusterInstance")}

    assert prod.one(CLUSTER).inputs["databaseInsightsMode"] == "advanced"
    assert seconds == {60}


@pytest.mark.row("A23", "database.storage")
def test_a23_storage_is_paid_by_size_where_io_is_dear() -> None:
    assert cluster(storage="ioOptimized")["storageType"] == "aurora-iopt1"
    assert "storageType" not in cluster(storage="standard")


@pytest.mark.row("A23", "database.storage")
def test_a23_the_setting_says_from_when_on_it_is_cheaper() -> None:
    said = DatabaseSettings.model_fields["storage"].description or ""

    assert "I/O is more than 25 % of what the cluster costs" in " ".join(said.split())


@pytest.mark.row("A24", "database.backtrackHours")
def test_a24_a_cluster_can_be_set_back_by_hours() -> None:
    assert cluster(backtrack_hours=24)["backtrackWindow"] == 86_400
    assert "backtrackWindow" not in cluster()


@pytest.mark.row("A24", "database.writeForwarding")
def test_a24_readers_hand_writes_on() -> None:
    assert cluster(write_forwarding=True, readers=1)["enableLocalWriteForwarding"] is True
    assert "enableLocalWriteForwarding" not in cluster(readers=1)


@pytest.mark.ask(17)
def test_no_log_group_has_a_name_that_a_later_stack_would_meet(graph: Graph) -> None:
    named = [r.inputs["name"] for r in graph.all("LogGroup") if "name" in r.inputs]

    assert named
    assert [name for name in named if "1a2b3c4" not in name] == []


ALL_THAT_IS_OPTIONAL: dict[str, dict[str, Any]] = {
    "stackyard:database": {
        "readerClass": "db.serverless",
        "readerConnections": 500,
        "restoreCluster": "database-0a1b",
        "storage": "ioOptimized",
        "backtrackHours": 1,
        "writeForwarding": True,
    },
    "stackyard:cache": {"mode": "serverless", "passwords": [1, 2]},
    "stackyard:observe": {"alarmTopicArn": "arn:aws:sns:us-east-1:123456789012:on-call"},
}


def test_a_preview_of_all_that_is_optional_shows_what_up_makes() -> None:
    config = {**stack_config("prod"), **ALL_THAT_IS_OPTIONAL}

    up = graph_of("prod", config=config)

    assert sorted(graph_of("prod", preview=True, config=config)) == sorted(up)
