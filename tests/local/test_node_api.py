"""What a real control plane has of the node: nodes, logs, metrics, webhooks, its restart."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from stackyard.local.layout import KUBELET_PORT, POD_IDENTITY_PORT
from stackyard.local.pod_identity import CREDENTIALS_PATH
from stackyard.local.usage import by_session
from tests.local.cluster import GROUPS, Cluster, running_cluster
from tests.local.pods import answers, deployment, log_of, pod, server, shell

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("node")) as running:
        yield running


def test_each_zone_of_the_node_group_has_a_ready_node(cluster: Cluster) -> None:
    cluster.kubectl("wait", "--for=condition=Ready", "node", "--all", "--timeout=20s")

    nodes = cluster.get("nodes")["items"]

    told = {n["metadata"]["name"]: n["metadata"]["labels"] for n in nodes}
    assert {n: each["topology.kubernetes.io/zone"] for n, each in told.items()} == {
        "node-a": "us-east-1a",
        "node-b": "us-east-1b",
    }
    assert {each["role"] for each in told.values()} == {"app"}
    assert {each["eks.amazonaws.com/nodegroup"] for each in told.values()} == {"default"}


def test_logs_are_read_whole_by_the_end_and_of_the_start_before(cluster: Cluster) -> None:
    script = "echo one; echo two; echo three; [ -e $HOME/again ] && sleep 60; touch $HOME/again"
    cluster.apply(pod("talks", shell(cluster, script), restartPolicy="Always"))
    cluster.until(lambda: cluster.pod("talks")["status"]["containerStatuses"][0]["restartCount"])
    cluster.until(lambda: cluster.reason("talks") == "None" and log_of(cluster, "talks"))

    assert log_of(cluster, "talks", "--tail=1") == ["three"]
    assert log_of(cluster, "talks", "--previous") == ["one", "two", "three"]


def test_logs_are_followed_to_the_end_of_the_process(cluster: Cluster) -> None:
    cluster.apply(pod("slow", shell(cluster, "echo first; sleep 2; echo last")))
    cluster.until(lambda: "running" in str(cluster.pod("slow")["status"].get("containerStatuses")))

    assert log_of(cluster, "slow", "-f") == ["first", "last"]


def binding_crd() -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "TargetGroupBinding", "plural": "targetgroupbindings"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "targetgroupbindings.elbv2.k8s.aws"},
        "spec": {
            "group": "elbv2.k8s.aws",
            "scope": "Namespaced",
            "names": names,
            "versions": [{"name": "v1beta1", **version}],
        },
    }


def test_a_pod_of_a_bound_service_waits_for_its_readiness_gate(cluster: Cluster) -> None:
    labels = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}
    space = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "gated", "labels": labels},
    }
    selector = {"selector": {"app": "bound"}, "ports": [{"port": 80, "targetPort": 5000}]}
    place = {"name": "blue", "namespace": "gated"}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": place, "spec": selector}
    spec = {"serviceRef": {"name": "blue", "port": 80}, "targetType": "ip", "targetGroupARN": "arn"}
    kind = {"apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "TargetGroupBinding"}
    cluster.apply(binding_crd(), space, service)
    cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=20s")
    cluster.apply({**kind, "metadata": place, "spec": spec})
    bound = pod("bound", server(cluster))
    bound["metadata"]["namespace"] = "gated"
    cluster.apply(bound)

    ready = ["wait", "--for=condition=ContainersReady", "pod/bound", "-n", "gated"]
    cluster.kubectl(*ready, "--timeout=20s")

    found = cluster.get("pod", "bound", "-n", "gated")
    conditions = {c["type"]: c for c in found["status"]["conditions"]}
    gate = "target-health.elbv2.k8s.aws/blue"
    assert found["spec"]["readinessGates"] == [{"conditionType": gate}]
    assert conditions["Ready"]["status"] == "False"
    assert conditions["Ready"]["reason"] == "ReadinessGatesNotReady"

    opened = {"status": {"conditions": [{"type": gate, "status": "True"}]}}
    on_status = ["--subresource=status", "-n", "gated", "-p", json.dumps(opened)]
    cluster.kubectl("patch", "pod", "bound", *on_status)
    cluster.kubectl("wait", "--for=condition=Ready", "pod/bound", "-n", "gated", "--timeout=10s")


def test_a_service_account_with_a_role_gets_credentials(cluster: Cluster) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "migrator"}}
    script = (
        "import json, os, urllib.request\n"
        "token = open(os.environ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']).read()\n"
        "url = os.environ['AWS_CONTAINER_CREDENTIALS_FULL_URI']\n"
        "asked = urllib.request.Request(url, headers={'Authorization': token})\n"
        "told = json.load(urllib.request.urlopen(asked))\n"
        "print(told['AccessKeyId'], os.environ['AWS_ENDPOINT_URL'], os.environ['AWS_REGION'])\n"
    )
    container = shell(cluster, "", command=["python", "-c", script])
    cluster.apply(account, pod("migrates", container, serviceAccountName="migrator"))

    cluster.until(lambda: cluster.pod("migrates")["status"]["phase"] in {"Succeeded", "Failed"})

    told = [cluster.secrets.access_key_id, cluster.layout.aws_endpoint, "us-east-1"]
    assert log_of(cluster, "migrates") == [" ".join(told)]


def test_the_autoscaler_sees_the_pods_cpu(cluster: Cluster) -> None:
    requests = {"resources": {"requests": {"cpu": "100m", "memory": "32Mi"}}}
    cluster.apply(deployment("busy", server(cluster, **requests)))
    cluster.kubectl("rollout", "status", "deployment/busy", "--timeout=30s")
    cluster.kubectl("autoscale", "deployment/busy", "--cpu=50%", "--min=1", "--max=3")
    (first,) = cluster.get("pods", "-l", "app=busy")["items"]
    name, address = first["metadata"]["name"], first["status"]["podIP"]

    def scaled() -> bool:
        answers(address, "/burn")
        return int(cluster.get("hpa", "busy")["status"].get("desiredReplicas") or 0) > 1

    def used() -> int:
        answers(address, "/burn")
        told = cluster.kubectl("top", "pod", name, "--no-headers").split()
        return int(told[1].removesuffix("m"))

    cluster.until(scaled, seconds=60)

    nodes = cluster.kubectl("top", "nodes", "--no-headers")
    assert nodes.startswith("node-")
    cluster.until(lambda: used() > 50, seconds=60)


def test_a_restarted_node_starts_its_pods_again_in_place(cluster: Cluster) -> None:
    cluster.apply(deployment("stable", server(cluster)))
    cluster.kubectl("rollout", "status", "deployment/stable", "--timeout=30s")
    before = cluster.get("pods", "-l", "app=stable")["items"][0]
    pid = int(before["status"]["containerStatuses"][0]["containerID"].removeprefix("process://"))

    cluster.restart_node()
    address = before["status"]["podIP"]
    cluster.until(lambda: pid not in by_session() and answers(address) == "hello")

    def again() -> dict[str, Any] | None:
        now = cluster.get("pods", "-l", "app=stable")["items"][0]
        status = now["status"]["containerStatuses"][0]
        return now if status["ready"] and status["restartCount"] == 1 else None

    after = cluster.until(again)
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] == address


def test_a_label_that_leaves_the_group_leaves_its_nodes(cluster: Cluster) -> None:
    cluster.change_groups([replace(GROUPS[0], labels={"tier": "web"})])

    try:
        labels = cluster.get("node", "node-a")["metadata"]["labels"]
        assert labels["tier"] == "web"
        assert "role" not in labels
    finally:
        cluster.change_groups(GROUPS)


def test_a_node_goes_with_its_pods_when_no_group_is_left(cluster: Cluster) -> None:
    cluster.apply(deployment("homeless", server(cluster)))
    cluster.kubectl("rollout", "status", "deployment/homeless", "--timeout=30s")
    address = cluster.get("pods", "-l", "app=homeless")["items"][0]["status"]["podIP"]

    cluster.change_groups([])

    try:
        assert cluster.get("nodes")["items"] == []
        assert answers(address) is None
    finally:
        cluster.change_groups(GROUPS)


def test_the_kubelet_port_refuses_who_shows_no_certificate(cluster: Cluster) -> None:
    trusting = ssl.create_default_context(cafile=str(cluster.layout.certificate_authority))
    url = f"https://{cluster.layout.control}:{KUBELET_PORT}/healthz"

    refusal = (
        r"certificate required|reset|closed connection without response|Broken pipe"
        r"|EOF occurred in violation of protocol"
    )
    with pytest.raises((urllib.error.URLError, OSError), match=refusal):
        urllib.request.urlopen(url, context=trusting, timeout=5)


def test_credentials_are_refused_without_a_pods_token(cluster: Cluster) -> None:
    url = f"http://{cluster.layout.control}:{POD_IDENTITY_PORT}{CREDENTIALS_PATH}"
    forged = urllib.request.Request(url, headers={"Authorization": "Bearer of.a.guess"})

    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(forged, timeout=5)
