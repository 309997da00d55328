"""The engine killed while it fills a namespace: each object is found by its name."""

import signal
from pathlib import Path

import pytest

from tests.engine.conftest import Cluster
from tests.engine.killed_stack import DESTROY, UP, pending, repaired, stack
from tests.engine.scan import Found, KubernetesScan
from tests.engine.trap import Kill

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).with_name("killed_in_kubernetes.py")


@pytest.mark.parametrize("at", [1, 2, 4])
@pytest.mark.parametrize("made", [True, False])
def test_an_object_in_the_cluster_is_adopted_or_cleared(
    at: int, made: bool, tmp_path: Path, cluster: Cluster
) -> None:
    with stack(tmp_path, PROGRAM, kubernetes=cluster.backend()) as (rig, _aws):
        scan = KubernetesScan(cluster.api)
        rig.environment["TEST_KUBECONFIG"] = cluster.kubeconfig
        rig.killed(Kill(at=at, signal=signal.SIGKILL, made=made), *UP)
        open_ = pending(rig)

        done = repaired(rig)
        up, found = rig.run(*UP), scan.compare(rig.state())
        destroyed, left = rig.run(*DESTROY), scan.compare(rig.state())

        assert len(done) == len(open_) > 0
        assert up.returncode == 0, up.stdout
        assert found == left == Found()
        assert destroyed.returncode == 0
