"""What an update waits for, and what it says when that does not come."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from stackyard.local.backend import NotReadyError
from tests.engine.conftest import Cluster, RigMaker
from tests.engine.hollow_node import FAILS, MISSING
from tests.engine.rig import EngineError
from tests.engine.shop import DEPLOYMENT, LABELS, deployment, job, shop

pytestmark = pytest.mark.engine


def test_a_deployment_is_awaited_until_its_pods_are_available(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, deployment(replicas=3)), kubernetes=cluster.backend())

    rig.up()

    assert cluster.api.call("GET", DEPLOYMENT)["status"]["availableReplicas"] == 3


def test_a_finished_job_lets_the_update_go_on(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(shop(cluster, job("migrate:1")), kubernetes=cluster.backend())

    assert rig.up() == {"create": 4}


def test_a_failing_job_names_its_reason_and_stays_in_the_state(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, job(FAILS)), kubernetes=cluster.backend())

    with pytest.raises(EngineError, match=r"BackoffLimitExceeded.*container migrate: exit code 1"):
        rig.up()

    assert "migrate" in rig.resources()


def test_a_rollout_that_stands_still_tells_what_its_pods_wait_for(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    annotations = {"pulumi.com/timeoutSeconds": "10"}

    def stuck(opts: pulumi.ResourceOptions) -> None:
        pod = {"containers": [{"name": "api", "image": MISSING}]}
        template = {"metadata": {"labels": LABELS}, "spec": pod}
        spec: Any = {"selector": {"matchLabels": LABELS}, "template": template}
        k8s.apps.v1.Deployment(
            "api",
            metadata={"name": "api", "namespace": "shop", "annotations": annotations},
            spec=spec,
            opts=opts,
        )

    rig = make_rig(shop(cluster, stuck), kubernetes=cluster.backend())

    with pytest.raises(EngineError, match=r"not ready after 10 s.*ImagePullBackOff: no such image"):
        rig.up()


def test_a_cancelled_wait_ends_at_once_and_the_object_stays_known(cluster: Cluster) -> None:
    backend = cluster.backend().configured({"kubeconfig": cluster.kubeconfig})
    pod = {"containers": [{"name": "api", "image": MISSING}]}
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stuck", "namespace": "default"},
        "spec": pod,
    }
    backend.cancel()

    with pytest.raises(NotReadyError, match="cancelled") as ended:
        backend.create("kubernetes:core/v1:Pod", "stuck", manifest, timeout=60)

    assert ended.value.id == "default/stuck"
