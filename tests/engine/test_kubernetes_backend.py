"""Kubernetes objects under the real engine, on a real control plane."""

import base64

import pulumi
import pulumi_kubernetes as k8s
import pytest

from tests.engine.conftest import Cluster, RigMaker
from tests.engine.rig import EngineError
from tests.engine.shop import (
    DEPLOYMENT,
    MERGE,
    Part,
    deployment,
    shop,
)

pytestmark = pytest.mark.engine


def test_a_second_up_has_nothing_to_do(make_rig: RigMaker, cluster: Cluster) -> None:
    quantities = {"requests": {"cpu": "0.25", "memory": "1024Mi"}}
    program = shop(cluster, deployment(resources=quantities))
    rig = make_rig(program, kubernetes=cluster.backend())
    rig.up()

    assert rig.preview(refresh=True) == {}


def test_a_misspelt_field_is_refused_at_the_preview_with_its_path(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster), kubernetes=cluster.backend())
    rig.up()
    rig.program = shop(cluster, deployment(livenesProbe={}))

    with pytest.raises(EngineError, match=r"spec\.containers\[name=\"api\"\]\.livenesProbe"):
        rig.preview()


def test_a_misspelt_field_is_refused_before_its_namespace_is_there(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    program = shop(cluster, deployment(livenesProbe={}))
    rig = make_rig(program, kubernetes=cluster.backend())

    with pytest.raises(EngineError, match="livenesProbe"):
        rig.preview()


def test_a_preview_makes_nothing(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(shop(cluster, deployment()), kubernetes=cluster.backend())

    rig.preview()

    assert cluster.api.find("/api/v1/namespaces/shop") is None


def test_a_changed_selector_replaces_and_the_old_one_goes_first(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, deployment()), kubernetes=cluster.backend())
    rig.up()
    rig.program = shop(cluster, deployment(labels={"app": "shop"}))

    assert rig.preview() == {"replace": 1}
    rig.up()

    assert rig.faults.verbs("Deployment") == ["create", "delete", "create"]


def test_an_automatic_name_lets_the_new_one_come_first(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    def settings(value: str) -> Part:
        return lambda opts: k8s.core.v1.ConfigMap(
            "settings", metadata={"namespace": "shop"}, data={"level": value}, opts=opts
        )

    rig = make_rig(shop(cluster, settings("info")), kubernetes=cluster.backend())
    rig.up()
    rig.program = shop(cluster, settings("debug"))

    rig.up()

    assert rig.faults.verbs("ConfigMap") == ["create", "create", "delete"]


def test_what_is_changed_behind_the_stack_is_found_by_refresh(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, deployment(replicas=2)), kubernetes=cluster.backend())
    rig.up()
    body = {"spec": {"replicas": 1}}
    cluster.api.call("PATCH", DEPLOYMENT, body, headers=MERGE)

    assert rig.refresh() == {"update": 1}

    assert rig.resources()["api"]["inputs"]["spec"]["replicas"] == 1


def test_what_was_deleted_behind_the_stack_is_made_again(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    rig = make_rig(shop(cluster, deployment()), kubernetes=cluster.backend())
    rig.up()
    cluster.api.call("DELETE", DEPLOYMENT)

    assert rig.preview(refresh=True) == {"create": 1}


def test_a_field_that_someone_else_set_is_a_conflict(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(shop(cluster, deployment(replicas=2)), kubernetes=cluster.backend())
    rig.up()
    body = {"spec": {"replicas": 1}}
    cluster.api.call("PATCH", DEPLOYMENT, body, headers=MERGE)
    rig.program = shop(cluster, deployment(replicas=3))

    with pytest.raises(EngineError, match=r"conflict.*spec\.replicas.*patchForce"):
        rig.up()


def test_an_object_that_is_there_already_is_refused(make_rig: RigMaker, cluster: Cluster) -> None:
    body = {"metadata": {"name": "shop", "labels": {"app.kubernetes.io/managed-by": "pulumi"}}}
    cluster.api.call("POST", "/api/v1/namespaces", body)
    rig = make_rig(shop(cluster), kubernetes=cluster.backend())

    with pytest.raises(EngineError, match='Namespace "shop" already exists'):
        rig.up()


def test_the_data_of_a_secret_is_encrypted_in_the_state(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    def credentials(opts: pulumi.ResourceOptions) -> None:
        k8s.core.v1.Secret(
            "db",
            metadata={"name": "db-secret", "namespace": "shop"},
            string_data=pulumi.Output.secret({"url": "mysql://plain-to-see"}),
            opts=opts,
        )

    rig = make_rig(shop(cluster, credentials), kubernetes=cluster.backend())

    rig.up()

    assert "plain-to-see" not in rig.state()
    # The same, as the API server shows it.
    assert base64.b64encode(b"mysql://plain-to-see").decode() not in rig.state()


def test_a_server_outside_the_loopback_is_never_given_the_token(
    make_rig: RigMaker, cluster: Cluster
) -> None:
    def program() -> None:
        elsewhere = cluster.kubeconfig.replace(cluster.layout.control, "192.0.2.7")
        provider = k8s.Provider("eks", kubeconfig=elsewhere)
        k8s.core.v1.Namespace("shop", opts=pulumi.ResourceOptions(provider=provider))

    rig = make_rig(program, kubernetes=cluster.backend())

    with pytest.raises(EngineError, match=r"only sent to a loopback address"):
        rig.up()
