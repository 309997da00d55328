"""Helm releases, what they bring, and what the cluster's deletion leaves of all of it."""

import pulumi_kubernetes as k8s
import pytest

from stackyard.local.kubernetes.purge import purge
from tests.engine.conftest import Cluster, RigMaker
from tests.engine.rig import EngineError
from tests.engine.shop import controller_and_binding, deployment, shop

pytestmark = pytest.mark.engine


def test_a_release_brings_the_definition_of_a_binding(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(shop(cluster, controller_and_binding()), kubernetes=cluster.backend())

    rig.up()

    path = "/apis/elbv2.k8s.aws/v1beta1/namespaces/shop/targetgroupbindings/api"
    assert cluster.api.call("GET", path)["spec"]["serviceRef"] == {"name": "api", "port": 80}
    assert rig.preview(refresh=True) == {}


def test_a_binding_alone_goes_before_its_controller(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(shop(cluster, controller_and_binding()), kubernetes=cluster.backend())
    rig.up()
    rig.program = shop(cluster)

    rig.up()

    deleted = [o.token for o in rig.faults.log if o.verb == "delete"]
    assert [token.rpartition(":")[2] for token in deleted] == ["TargetGroupBinding", "Release"]


def test_a_misspelt_field_of_a_binding_is_refused(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(shop(cluster, controller_and_binding()), kubernetes=cluster.backend())
    rig.up()
    rig.program = shop(cluster, controller_and_binding(targetGroupArn="arn:aws:x"))

    with pytest.raises(EngineError, match=r"\.spec\.targetGroupArn: field not declared"):
        rig.preview()


def test_an_unknown_chart_is_refused_at_the_preview(make_rig: RigMaker, cluster: Cluster) -> None:
    rig = make_rig(
        shop(cluster, lambda opts: k8s.helm.v3.Release("x", chart="cert-manager", opts=opts)),
        kubernetes=cluster.backend(),
    )

    with pytest.raises(EngineError, match="no chart 'cert-manager'; it has aws-load-balancer-cont"):
        rig.preview()


def test_a_purge_leaves_nothing_of_the_stack(make_rig: RigMaker, cluster: Cluster) -> None:
    program = shop(cluster, deployment(), controller_and_binding())
    make_rig(program, kubernetes=cluster.backend()).up()

    purge(cluster.api)

    namespaces = [n["metadata"]["name"] for n in cluster.api.items("/api/v1/namespaces")]
    assert sorted(namespaces) == ["default", "kube-node-lease", "kube-public", "kube-system"]
    assert cluster.api.items("/api/v1/pods") == []
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert cluster.api.items(definitions) == []
