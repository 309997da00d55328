"""What the node answers the API server: metrics, and what its webhooks write into pods."""

import base64
import json
from typing import Any

import pytest

from stackyard.local.metrics_api import ContainerUse, PodUse, matches, node_metrics, pod_metrics
from stackyard.local.pod_identity import find_association, service_account
from stackyard.local.usage import Sample
from stackyard.local.webhooks import (
    IdentityVariables,
    gates_patch,
    identity_patch,
    review_answer,
)

VARIABLES = IdentityVariables.of(
    "127.10.0.1", region="eu-central-1", aws_endpoint="http://127.10.0.1:5000"
)


def use(name: str, *, cores: float = 0.25, node: str = "node-a", **labels: str) -> PodUse:
    sample = Sample(cores=cores, memory_bytes=2048, window_seconds=5, taken_at="then")
    return PodUse(
        namespace="app",
        name=name,
        node=node,
        labels=labels,
        containers=[ContainerUse(name="api", sample=sample)],
    )


def names(found: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in found["items"]]


def test_pod_metrics_are_in_nanocores_and_kibibytes() -> None:
    found = pod_metrics([use("a")], namespace=None, selector="")

    assert found["items"][0]["containers"] == [
        {"name": "api", "usage": {"cpu": "250000000n", "memory": "2Ki"}}
    ]
    assert found["items"][0]["window"] == "5.000s"


def test_pod_metrics_are_those_the_selector_and_namespace_take() -> None:
    pods = [use("a", app="api", slot="blue"), use("b", app="api", slot="green"), use("c")]

    assert names(pod_metrics(pods, namespace="app", selector="app=api,slot=blue")) == ["a"]
    assert names(pod_metrics(pods, namespace="else", selector="")) == []


def test_a_pod_that_was_not_sampled_yet_has_no_metrics() -> None:
    fresh = PodUse(namespace="app", name="new", node="node-a", labels={}, containers=[])

    assert names(pod_metrics([fresh], namespace=None, selector="")) == []


def test_a_node_uses_what_its_pods_use() -> None:
    found = node_metrics([use("a"), use("b", cores=0.5), use("c", node="node-b")])

    assert names(found) == ["node-a", "node-b"]
    assert found["items"][0]["usage"] == {"cpu": "750000000n", "memory": "4Ki"}


@pytest.mark.parametrize(
    ("selector", "taken"),
    [("app=api", True), ("app==api", True), ("app!=api", False), ("app", True), ("!app", False)],
)
def test_a_selector_takes_by_equality_and_presence(selector: str, taken: bool) -> None:
    assert matches(selector, {"app": "api"}) is taken


def test_a_set_based_selector_is_refused() -> None:
    with pytest.raises(ValueError, match="use =, ==, != or a bare key"):
        matches("app in (a,b)", {})


def test_gates_are_added_to_those_the_pod_has() -> None:
    own = {"conditionType": "example.com/own"}
    pod = {"metadata": {"labels": {"app": "api"}}, "spec": {"readinessGates": [own]}}

    found = gates_patch(pod, [("blue", {"app": "api"}), ("other", {"app": "else"}), ("none", {})])

    gate = {"conditionType": "target-health.elbv2.k8s.aws/blue"}
    assert found == [{"op": "add", "path": "/spec/readinessGates", "value": [own, gate]}]


def test_a_pod_of_no_bound_service_is_left_as_it_is() -> None:
    found = gates_patch({"metadata": {}, "spec": {}}, [("blue", {"app": "api"})])

    assert found == []


def test_an_identity_gives_each_container_the_sdks_variables_and_the_token() -> None:
    own = {"name": "AWS_REGION", "value": "own"}
    pod = {"spec": {"containers": [{"name": "a", "env": [own]}], "initContainers": [{"name": "i"}]}}

    found = {p["path"]: p["value"] for p in identity_patch(pod, VARIABLES)}

    given = {v["name"]: v["value"] for v in found["/spec/initContainers/0/env"]}
    folder = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
    assert given["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == "http://127.10.0.1:10251/v1/credentials"
    assert given["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] == f"{folder}/eks-pod-identity-token"
    assert given["AWS_ENDPOINT_URL"] == "http://127.10.0.1:5000"
    assert [v for v in found["/spec/containers/0/env"] if v["name"] == "AWS_REGION"] == [own]
    assert found["/spec/containers/0/volumeMounts"][0]["mountPath"] == folder
    assert found["/spec/volumes"][0]["projected"]["sources"][0]["serviceAccountToken"] == {
        "audience": "pods.eks.amazonaws.com",
        "expirationSeconds": 86400,
        "path": "eks-pod-identity-token",
    }


def test_a_review_is_answered_with_the_patch_of_its_request() -> None:
    patch = [{"op": "add", "path": "/x", "value": 1}]

    found = review_answer({"request": {"uid": "u-1"}}, patch)["response"]

    assert (found["uid"], found["allowed"], found["patchType"]) == ("u-1", True, "JSONPatch")
    assert json.loads(base64.b64decode(found["patch"])) == patch


@pytest.mark.parametrize(
    ("status", "account"),
    [
        ({"authenticated": True, "audiences": ["pods.eks.amazonaws.com"]}, ("app", "migrator")),
        ({"authenticated": True, "audiences": ["else"]}, None),
        ({"authenticated": False, "audiences": ["pods.eks.amazonaws.com"]}, None),
    ],
)
def test_only_a_token_made_for_pod_identity_names_an_account(
    status: dict[str, Any], account: tuple[str, str] | None
) -> None:
    user = {"username": "system:serviceaccount:app:migrator"}

    assert service_account({"status": {**status, "user": user}}) == account


def test_an_admin_is_no_service_account() -> None:
    status = {"authenticated": True, "audiences": ["pods.eks.amazonaws.com"]}

    assert service_account({"status": {**status, "user": {"username": "admin"}}}) is None


def test_an_association_is_found_by_namespace_and_account() -> None:
    associations = [{"namespace": "app", "serviceAccount": "api"}]

    assert find_association(associations, "app", "api") == associations[0]
    assert find_association(associations, "else", "api") is None
