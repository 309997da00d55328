"""What is kept of the database, and what it is made from."""

from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.consequences import consequences
from tests.graph.test_database import CLUSTER, database

RESOURCE_ID = "cluster-4QFG4EXAMPLE2VRBY6Z3LRNTBI"


def cluster(**settings: Any) -> dict[str, Any]:
    return database(**settings).one(CLUSTER).inputs


@pytest.mark.row("A13", "env.protect")
def test_a13_backups_outlive_a_protected_cluster(prod: Graph) -> None:
    given = prod.one(CLUSTER).inputs

    assert given["deleteAutomatedBackups"] is False
    assert (given["backupRetentionPeriod"], given["preferredBackupWindow"]) == (7, "07:00-09:00")


@pytest.mark.row("A14", "database.restoreSnapshot")
def test_a14_a_cluster_is_made_from_a_snapshot() -> None:
    assert cluster(restore_snapshot="before-the-move")["snapshotIdentifier"] == "before-the-move"


@pytest.mark.row("A14", "database.restoreCluster")
@pytest.mark.parametrize(
    ("settings", "past"),
    [
        (
            {"restore_cluster": "database-0a1b"},
            {"sourceClusterIdentifier": "database-0a1b", "useLatestRestorableTime": True},
        ),
        (
            {"restore_cluster": RESOURCE_ID, "restore_time": "2026-11-01T12:00:00Z"},
            {"sourceClusterResourceId": RESOURCE_ID, "restoreToTime": "2026-11-01T12:00:00Z"},
        ),
    ],
)
def test_a14_a_cluster_is_made_from_the_past_of_one_that_stands_or_is_deleted(
    settings: dict[str, str], past: dict[str, Any]
) -> None:
    given = cluster(**settings)["restoreToPointInTime"]

    assert given == {"restoreType": "full-copy", **past}


@pytest.mark.row("A14", "database.restoreSnapshot")
@pytest.mark.parametrize(
    ("settings", "brought"),
    [
        ({"restore_snapshot": "before-the-move"}, {"masterUsername"}),
        ({"restore_cluster": "database-0a1b"}, {"masterUsername", "storageEncrypted"}),
    ],
)
def test_a14_a_backup_brings_its_master_user_and_its_encryption(
    settings: dict[str, str], brought: set[str]
) -> None:
    assert cluster().keys() - cluster(**settings).keys() == brought


@pytest.mark.row("A14", "database.restoreSnapshot")
def test_a14_what_is_restored_is_another_cluster_under_another_name() -> None:
    before, after = database(), database(restore_snapshot="before-the-move")

    replaced = {urn.split("::")[-1] for urn in consequences(before, after).replaced}
    assert {"database", "database-suffix", "database-writer"} <= replaced


@pytest.mark.ask(5)
def test_a_second_life_of_a_stack_names_its_last_snapshot_anew() -> None:
    graph = database(protect=True)

    suffix = graph.one("database-suffix")
    assert suffix.type == "random:index/randomId:RandomId"
    assert suffix.urn in graph.one(CLUSTER).property_deps["finalSnapshotIdentifier"]
