"""The migration's Job on a real control plane: how often it is tried, when it is made anew."""

import pulumi_kubernetes as k8s
import pytest

from components._migration import REPLACED_IF_FAILED, migration_job
from tests.end_to_end.waiting import until
from tests.engine.conftest import Cluster, RigMaker
from tests.engine.hollow_node import FAILS, MISSING, REFUSES
from tests.engine.rig import EngineError
from tests.engine.shop import Part, shop

pytestmark = pytest.mark.engine

JOB = "/apis/batch/v1/namespaces/shop/jobs/migrate"
PODS = "/api/v1/namespaces/shop/pods"
NOT_AWAITED = {"pulumi.com/skipAwait": "true"}


def migration(image: str, **annotations: str) -> Part:
    spec = migration_job(
        {
            "spec": {
                "restart_policy": "Never",
                "containers": [{"name": "migrate", "image": image}],
            }
        }
    )
    return lambda opts: k8s.batch.v1.Job(
        "migrate",
        metadata={
            "name": "migrate",
            "namespace": "shop",
            "annotations": {**REPLACED_IF_FAILED, **annotations},
        },
        spec=spec,
        opts=opts,
    )


def test_a_job_that_failed_is_made_anew_by_the_same_update(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, migration(REFUSES)), kubernetes=cluster.backend())
    with pytest.raises(EngineError, match="exit code 65"):
        rig.up()
    first = cluster.api.call("GET", JOB)["metadata"]["uid"]

    with pytest.raises(EngineError, match="exit code 65"):
        rig.up()

    assert cluster.api.call("GET", JOB)["metadata"]["uid"] != first
    # Its name is fixed: the old one is gone before the new one comes.
    assert rig.faults.verbs("Job") == ["create", "delete", "create"]


def test_a_job_that_failed_once_may_succeed_with_another_image(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, migration(REFUSES)), kubernetes=cluster.backend())
    with pytest.raises(EngineError, match="BackoffLimitExceeded"):
        rig.up()
    rig.program = shop(cluster, migration("migrate:2"))

    rig.up()

    assert rig.preview() == {}


def test_a_job_that_is_not_complete_yet_is_replaced_too(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, migration(MISSING, **NOT_AWAITED)), kubernetes=cluster.backend())
    rig.up()

    assert rig.preview() == {"replace": 1}


def test_a_migration_that_is_refused_is_tried_once(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(shop(cluster, migration(REFUSES)), kubernetes=cluster.backend())

    # One of the two reasons that pulumi-kubernetes looks for.
    with pytest.raises(EngineError, match="BackoffLimitExceeded"):
        rig.up()

    assert len(cluster.api.items(PODS)) == 1


def test_a_migration_that_fails_otherwise_is_tried_again(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, migration(FAILS, **NOT_AWAITED)), kubernetes=cluster.backend())

    rig.up()

    pods = until(lambda: cluster.api.items(PODS), lambda found: len(found) > 1, seconds=60)
    assert len(pods) > 1
