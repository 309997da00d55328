"""The whole program on the real engine: made, changed, drifted, destroyed, made again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from infra.program import main
from stackyard.drift.command import of_workspace
from stackyard.drift.findings import Findings
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.emptiness import Emptiness
from stackyard.local.kubernetes.purge import purge
from stackyard.local.random_backend import RandomBackend
from stackyard.progress import Progress
from tests.engine.conftest import Cluster
from tests.engine.moto_backends import moto_of
from tests.engine.rig import Rig
from tests.engine.rig_workspace import workspace_of
from tests.release.stand_in import without_pods

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
REGION, PENDING = "us-east-1", "PendingDeletion"
SETTINGS: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
SMALL = {
    **SETTINGS,
    "stackyard:env": {**SETTINGS["stackyard:env"], "size": "small"},
    "stackyard:cluster": {"adminRoleArns": ["arn:aws:iam::123456789012:role/deploy"]},
}
NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"]
"""What a cluster has of its own."""

Changes = dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is there after a destroy."""

    aws: list[str]
    """Where the embedded AWS holds something that AWS would serve."""
    snapshots: list[str]
    keys_pending: list[str]
    secrets_in_recovery: list[str]
    namespaces: list[str]
    state: list[str]


@dataclass(frozen=True, kw_only=True)
class Life:
    """What each command of one life said."""

    created: Changes
    unchanged: Changes
    change_previewed: Changes
    changed: Changes
    retention_days: int
    untouched: Findings
    drifted: Findings
    drift_unasked: Changes
    drift: Changes
    repaired: Changes
    retention_days_repaired: int
    destroyed: Changes
    deleted: list[str]
    """Types in the order in which their deletions began."""
    left: Left
    created_again: Changes
    unchanged_again: Changes


@pytest.fixture(scope="module")
def life(control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    api = control_plane.api

    def empty(_cluster: str) -> None:
        purge(api)

    with _aws_of(control_plane) as emptiness, without_pods():
        backends = {
            "aws": AwsBackend.in_process(on_cluster_deleted=empty),
            "kubernetes": control_plane.backend(),
            "random": RandomBackend(),
        }
        folder = tmp_path_factory.mktemp("life")
        rig = Rig(folder, main, backends, project="stackyard", config=SMALL)
        # The site's files are named from the folder that the engine runs in.
        (rig.work_folder / "site").symlink_to(ROOT / "site")
        yield _live(rig, control_plane, emptiness)
        rig.close()
    purge(api)


@contextmanager
def _aws_of(cluster: Cluster) -> Iterator[Emptiness]:
    """moto, whose EKS clusters are the control plane, and what it holds beyond a fresh one."""
    emptiness = Emptiness()
    with moto_of(cluster.layout, emptiness.observe):
        yield emptiness


def _live(rig: Rig, cluster: Cluster, emptiness: Emptiness) -> Life:
    rds: Any = boto3.client("rds", REGION)

    def retention_days() -> int:
        return rds.describe_db_clusters()["DBClusters"][0]["BackupRetentionPeriod"]

    def found() -> Findings:
        return of_workspace(workspace_of(rig), Progress(quiet=True), region=REGION)

    created, unchanged, untouched = rig.up(), rig.preview(refresh=True), found()
    rig.configure({"stackyard:database": {"backupDays": 14}})
    change_previewed, changed, retained = rig.preview(), rig.up(), retention_days()
    (made,) = rds.describe_db_clusters()["DBClusters"]
    rds.modify_db_cluster(DBClusterIdentifier=made["DBClusterIdentifier"], BackupRetentionPeriod=9)
    drifted = found()
    drift_unasked, drift, repaired = rig.preview(), rig.refresh(), rig.up()
    retained_again = retention_days()
    before = len(rig.faults.log)
    destroyed = rig.destroy()
    deletes = rig.faults.log[before:]
    left = _left(rig, cluster, emptiness)
    return Life(
        created=created,
        unchanged=unchanged,
        change_previewed=change_previewed,
        changed=changed,
        retention_days=retained,
        untouched=untouched,
        drifted=drifted,
        drift_unasked=drift_unasked,
        drift=drift,
        repaired=repaired,
        retention_days_repaired=retained_again,
        destroyed=destroyed,
        deleted=[each.token for each in deletes],
        left=left,
        created_again=rig.up(),
        unchanged_again=rig.preview(refresh=True),
    )


def _left(rig: Rig, cluster: Cluster, emptiness: Emptiness) -> Left:
    rds: Any = boto3.client("rds", REGION)
    kms: Any = boto3.client("kms", REGION)
    manager: Any = boto3.client("secretsmanager", REGION)
    secrets = manager.list_secrets(IncludePlannedDeletion=True)
    keys = [kms.describe_key(KeyId=k["KeyId"])["KeyMetadata"] for k in kms.list_keys()["Keys"]]
    snapshots = rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"]
    namespaces = cluster.api.items("/api/v1/namespaces")
    return Left(
        aws=sorted(emptiness.left()),
        snapshots=[s["DBClusterSnapshotIdentifier"] for s in snapshots],
        keys_pending=sorted(k["Description"] for k in keys if k["KeyState"] == PENDING),
        secrets_in_recovery=sorted(_logical(s["Name"]) for s in secrets["SecretList"]),
        namespaces=sorted(n["metadata"]["name"] for n in namespaces),
        state=sorted(rig.resources()),
    )


def _logical(name: str) -> str:
    """The name without its random end."""
    return re.sub(r"-[0-9a-f]{7}$", "", name)


def test_all_of_it_is_made_by_the_first_up(life: Life) -> None:
    assert set(life.created) == {"create"}
    assert life.created["create"] > 100


def test_the_next_preview_with_refresh_has_nothing_to_do(life: Life) -> None:
    assert life.unchanged == {}


def test_a_changed_setting_updates_what_it_names_and_nothing_else(life: Life) -> None:
    assert life.change_previewed == {"update": 1}
    assert life.changed == {"update": 1}
    assert life.retention_days == 14


def test_a_change_behind_the_stack_is_only_seen_by_refresh(life: Life) -> None:
    assert life.drift_unasked == {}
    assert life.drift == {"update": 1}


def test_nothing_of_an_untouched_stack_has_drifted(life: Life) -> None:
    assert (life.untouched.drifts, life.untouched.set_apart) == ([], ())
    assert life.untouched.resources > 100


def test_the_change_behind_the_stack_is_all_that_has_drifted(life: Life) -> None:
    (drift,) = life.drifted.drifts

    assert (drift.name, drift.facts) == ("database", ["backupRetentionPeriod: 14 → 9"])


def test_the_next_up_repairs_it(life: Life) -> None:
    assert life.repaired == {"update": 1}
    assert life.retention_days_repaired == 14


def test_destroy_deletes_all_of_it(life: Life) -> None:
    assert life.destroyed == {"delete": life.created["create"]}
    assert life.left.state == []
    assert life.left.aws == []


def test_destroy_leaves_what_aws_keeps_for_recovery(life: Life) -> None:
    assert life.left.snapshots == []
    assert life.left.keys_pending == [
        "cache: storage, secret",
        "cluster: Kubernetes secrets",
        "database: storage, insights, secrets",
    ]
    assert life.left.secrets_in_recovery == ["cache-app", "database-app"]


def test_destroy_sends_no_delete_into_the_cluster_and_leaves_it_empty(life: Life) -> None:
    assert [token for token in life.deleted if token.startswith("kubernetes:")] == []
    assert life.left.namespaces == NAMESPACES


@pytest.mark.row("K11", "")
@pytest.mark.ask(19)
def test_k11_nodes_then_the_cluster_then_groups_and_subnets_then_the_vpc(life: Life) -> None:
    stages = [
        _last(life.deleted, f"aws:{kind}")
        for kind in (
            "eks/nodeGroup:NodeGroup",
            "eks/cluster:Cluster",
            "ec2/subnet:Subnet",
            "ec2/vpc:Vpc",
        )
    ]
    groups = _last(life.deleted, "aws:ec2/securityGroup:SecurityGroup")

    assert stages == sorted(stages)
    assert stages[0] < groups < stages[-1]


def _last(tokens: list[str], token: str) -> int:
    return len(tokens) - 1 - tokens[::-1].index(token)


def test_an_up_after_the_destroy_makes_the_same_again(life: Life) -> None:
    assert life.created_again == life.created
    assert life.unchanged_again == {}
