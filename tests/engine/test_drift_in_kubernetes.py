"""Drift in a real control plane: replicas of an autoscaler, an image set by hand, Secrets."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.drift.command import of_workspace
from stackyard.drift.findings import Findings
from stackyard.drift.written import document, markdown, table
from stackyard.local.kubernetes.backend import KubernetesBackend
from stackyard.local.provider import serve
from stackyard.progress import Progress
from tests.engine.command_rig import CommandRig
from tests.engine.conftest import Cluster
from tests.engine.drift_in_kubernetes import CANARY
from tests.engine.killed_stack import UP
from tests.engine.shop import DEPLOYMENT, MERGE

pytestmark = pytest.mark.engine

PROGRAM = Path(__file__).parent / "drift_in_kubernetes.py"
IMAGE = "spec.template.spec.containers[0].image"
SECRET = "/api/v1/namespaces/shop/secrets/db"
ACCOUNT = "/api/v1/namespaces/shop/serviceaccounts"


@pytest.fixture
def rig(cluster: Cluster, tmp_path: Path) -> Iterator[CommandRig]:
    made = CommandRig(tmp_path, PROGRAM, {"kubernetes": cluster.backend()})
    made.run("config", "set", "kubeconfig", cluster.kubeconfig)
    done = made.run(*UP)
    assert done.returncode == 0, done.stdout
    yield made
    made.close()


def drift(rig: CommandRig, *, attached: str = "") -> Findings:
    given = {"PULUMI_DEBUG_PROVIDERS": attached} if attached else {}
    workspace = replace(rig.workspace, variables={**rig.environment, **given})
    return of_workspace(workspace, Progress(quiet=True), region="us-east-1")


def seen(found: Findings) -> list[tuple[str, list[str]]]:
    return [(each.name, each.facts) for each in found.drifts]


def test_replicas_that_an_autoscaler_sets_are_no_drift(rig: CommandRig, cluster: Cluster) -> None:
    cluster.api.call("PATCH", DEPLOYMENT, {"spec": {"replicas": 4}}, headers=MERGE)

    assert seen(drift(rig)) == []


def test_an_image_set_by_hand_is(rig: CommandRig, cluster: Cluster) -> None:
    spec = {"template": {"spec": {"containers": [{"name": "api", "image": "evil:1"}]}}}
    cluster.api.call("PATCH", DEPLOYMENT, {"spec": spec}, headers=MERGE)

    assert seen(drift(rig)) == [("api", [f"{IMAGE}: api:1 → evil:1"])]


def test_what_was_deleted_is_gone(rig: CommandRig, cluster: Cluster) -> None:
    cluster.api.call("DELETE", DEPLOYMENT)

    assert seen(drift(rig)) == [("api", ["gone"])]


def test_a_changed_secret_is_found_and_not_shown(rig: CommandRig, cluster: Cluster) -> None:
    changed = f"{CANARY}-changed"
    cluster.api.call("PATCH", SECRET, {"stringData": {"url": changed}}, headers=MERGE)

    found = drift(rig)

    written = [write(found) for write in (table, markdown, document)]
    assert seen(found) == [("db", ["stringData.url changed"])]
    assert not [text for text in written if CANARY in text]


def test_who_may_not_read_everything_compares_the_rest(rig: CommandRig, cluster: Cluster) -> None:
    """`view` is Kubernetes' own role: neither Secrets nor roles."""
    api = cluster.api
    api.call("POST", ACCOUNT, {"metadata": {"name": "looker"}})
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": "looker", "namespace": "shop"}
    binding = {
        "metadata": {"name": "looker"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "view"},
        "subjects": [subject],
    }
    api.call("POST", f"/apis/{group}/v1/clusterrolebindings", binding)
    token = api.call("POST", f"{ACCOUNT}/looker/token", {"spec": {}})["status"]["token"]
    server, port = serve(KubernetesBackend(token))
    api.call("DELETE", DEPLOYMENT)

    found = drift(rig, attached=f"kubernetes:{port}")

    server.stop(None).wait()
    api.call("DELETE", f"/apis/{group}/v1/clusterrolebindings/looker")
    assert seen(found) == [("api", ["gone"])]
    assert [(each.name, each.because) for each in found.set_apart] == [
        (name, "not compared: these credentials may not read it") for name in ("db", "reader")
    ]
