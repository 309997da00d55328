"""Drift in a real control plane: an autoscaler's replicas are none, an image set by hand is."""

from pathlib import Path

import pytest

from stackyard.drift.command import of_workspace
from stackyard.local.kubernetes.backend import KubernetesBackend
from stackyard.progress import Progress
from tests.engine.command_rig import CommandRig
from tests.engine.conftest import Cluster
from tests.engine.killed_stack import UP
from tests.engine.shop import DEPLOYMENT, MERGE

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).parent / "drift_in_kubernetes.py"
IMAGE = "spec.template.spec.containers[0].image"


def test_replicas_of_an_autoscaler_are_no_drift_and_an_image_set_by_hand_is(
    cluster: Cluster, tmp_path: Path
) -> None:
    backend: KubernetesBackend = cluster.backend()
    rig = CommandRig(tmp_path, PROGRAM, {"kubernetes": backend})
    rig.run("config", "set", "kubeconfig", cluster.kubeconfig)
    done = rig.run(*UP)
    assert done.returncode == 0, done.stdout

    def drifted() -> list[tuple[str, list[str]]]:
        found = of_workspace(rig.workspace, Progress(quiet=True), region="us-east-1")
        return [(each.name, each.facts) for each in found.drifts]

    cluster.api.call("PATCH", DEPLOYMENT, {"spec": {"replicas": 4}}, headers=MERGE)
    scaled = drifted()
    container = {"name": "api", "image": "evil:1"}
    spec = {"template": {"spec": {"containers": [container]}}}
    cluster.api.call("PATCH", DEPLOYMENT, {"spec": spec}, headers=MERGE)
    changed = drifted()
    cluster.api.call("DELETE", DEPLOYMENT)
    gone = drifted()
    rig.close()

    assert scaled == []
    assert changed == [("api", [f"{IMAGE}: api:1 → evil:1"])]
    assert gone == [("api", ["gone"])]
