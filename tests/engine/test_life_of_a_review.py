"""A review stack on the real engine, of its own file: made, again, gone without a trace."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from infra.program import main
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.emptiness import Emptiness
from stackyard.local.kubernetes.purge import purge
from stackyard.local.random_backend import RandomBackend
from tests.engine.conftest import Cluster
from tests.engine.moto_backends import moto_of
from tests.engine.rig import Rig
from tests.graph.stacks import ROOT, stack_config
from tests.release.stand_in import without_pods

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

STACK = "pr-12"


@dataclass(frozen=True, kw_only=True)
class Life:
    """What each command said, and what was there."""

    created: dict[str, int]
    again: dict[str, int]
    tags: dict[str, str]
    """Those of the VPC."""
    destroyed: dict[str, int]
    left: list[str]
    snapshots: list[Any]


@pytest.fixture(scope="module")
def life(control_plane: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    emptiness = Emptiness()

    def empty(_cluster: str) -> None:
        purge(control_plane.api)

    with moto_of(control_plane.layout, emptiness.observe), without_pods():
        backends = {
            "aws": AwsBackend.in_process(on_cluster_deleted=empty),
            "kubernetes": control_plane.backend(),
            "random": RandomBackend(),
        }
        rig = Rig(
            tmp_path_factory.mktemp("review"),
            main,
            backends,
            project="stackyard",
            stack=STACK,
            config=stack_config(STACK),
        )
        # The site's files are named from the folder that the engine runs in.
        (rig.work_folder / "site").symlink_to(ROOT / "site")
        yield _live(rig, emptiness)
        rig.close()
    purge(control_plane.api)


def _live(rig: Rig, emptiness: Emptiness) -> Life:
    ec2: Any = boto3.client("ec2", "us-east-1")
    rds: Any = boto3.client("rds", "us-east-1")
    created, again = rig.up(), rig.up()
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:stack", "Values": [STACK]}])["Vpcs"]
    return Life(
        created=created,
        again=again,
        tags={tag["Key"]: tag["Value"] for tag in vpc["Tags"]},
        destroyed=rig.destroy(),
        left=sorted(emptiness.left()),
        snapshots=rds.describe_db_cluster_snapshots(SnapshotType="manual")["DBClusterSnapshots"],
    )


def test_all_of_it_is_made_by_the_first_up(life: Life) -> None:
    assert set(life.created) == {"create"}
    assert life.created["create"] > 100


def test_a_second_up_changes_nothing(life: Life) -> None:
    assert life.again == {}


def test_it_says_how_long_it_is_meant_to_be(life: Life) -> None:
    assert life.tags["ttl-hours"] == "72"


def test_it_goes_without_a_trace(life: Life) -> None:
    assert life.destroyed == {"delete": life.created["create"]}
    assert (life.left, life.snapshots) == ([], [])
