"""The API's pods in a whole stack: what other parts must agree with them on."""

import json
import re
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.manifests import container, template
from tests.graph.stacks import graph_of, with_section

PODS = "pods.eks.amazonaws.com"


def images(graph: Graph) -> list[str]:
    kinds = [reg for kind in ("Deployment", "Job") for reg in graph.all(kind)]
    return [
        one["image"]
        for reg in kinds
        for one in reg.inputs["spec"]["template"]["spec"]["containers"]
    ]


@pytest.mark.row("W1", "")
def test_w1_a_slot_has_pods_that_are_reached_scaled_and_spared(graph: Graph) -> None:
    pods = graph.one("Deployment")
    slot, labels = pods.name, template(graph)["metadata"]["labels"]
    name = pods.outputs["metadata"]["name"]

    service = graph.named("Service", slot).inputs["spec"]
    budget = graph.named("PodDisruptionBudget", slot).inputs["spec"]
    scaler = graph.named("HorizontalPodAutoscaler", slot).inputs["spec"]
    assert service["selector"].items() <= labels.items()
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    assert scaler["scaleTargetRef"]["name"] == name
    assert service["ports"][0]["targetPort"] == container(graph)["ports"][0]["name"]


@pytest.mark.row("W1", "app.minReplicas")
@pytest.mark.ask(24)
def test_w1_a_budget_never_stands_over_a_single_pod(graph: Graph) -> None:
    scaler = graph.one("HorizontalPodAutoscaler").inputs["spec"]
    budget = graph.one("PodDisruptionBudget").inputs["spec"]

    assert scaler["minReplicas"] >= 2
    assert budget["maxUnavailable"] == 1
    assert "minAvailable" not in budget


@pytest.mark.row("W3", "release.drainSeconds")
@pytest.mark.parametrize("drain", [5, 45])
def test_w3_pods_and_target_groups_drain_for_the_same_time(drain: int) -> None:
    graph = graph_of("staging", config=with_section("staging", "release", drainSeconds=drain))

    pause = container(graph)["lifecycle"]["preStop"]["sleep"]["seconds"]
    delays = {group.inputs["deregistrationDelay"] for group in graph.all("TargetGroup")}
    grace = template(graph)["spec"]["terminationGracePeriodSeconds"]
    assert {pause} == delays == {drain}
    assert grace > pause + drain


@pytest.mark.row("W4", "")
def test_w4_a_pod_without_its_gate_is_not_made(graph: Graph) -> None:
    values = graph.one("Release").inputs["values"]
    labels = template(graph)["metadata"]["labels"]

    assert values["podMutatorWebhookConfig"] == {"failurePolicy": "Fail"}
    assert values["objectSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.row("W7", "app.image")
def test_w7_every_image_of_the_apps_is_named_by_its_digest(graph: Graph) -> None:
    named = images(graph)

    assert [image for image in named if not re.fullmatch(r".+@sha256:[0-9a-f]{64}", image)] == []


@pytest.mark.row("W9", "app.env")
def test_w9_a_changed_variable_makes_other_pods_and_its_place_in_the_file_does_not() -> None:
    def pods(env: dict[str, str]) -> dict[str, Any]:
        return template(graph_of("staging", config=with_section("staging", "app", env=env)))

    assert pods({"LEVEL": "info"}) != pods({"LEVEL": "debug"})
    assert pods({"A": "1", "B": "2"}) == pods({"B": "2", "A": "1"})


@pytest.mark.row("W11", "app.recommendMemory")
@pytest.mark.ask(25)
def test_w11_memory_is_recommended_and_never_changed() -> None:
    graph = graph_of("prod", config=with_section("prod", "app", recommendMemory=True))

    asked, pods = graph.one("VerticalPodAutoscaler"), graph.one("Deployment")
    chart = graph.named("Release", "memory")
    spec = asked.inputs["spec"]
    assert spec["targetRef"]["name"] == pods.outputs["metadata"]["name"]
    assert spec["updatePolicy"] == {"updateMode": "Off"}
    assert spec["resourcePolicy"]["containerPolicies"][0]["controlledResources"] == ["memory"]
    assert {
        part: chart.inputs["values"][part]["enabled"] for part in ("updater", "admissionController")
    } == {
        "updater": False,
        "admissionController": False,
    }
    assert chart.urn in asked.depends


@pytest.mark.row("K4", "")
@pytest.mark.parametrize("compute", ["nodes", "karpenter"])
def test_k4_pods_have_aws_rights_by_pod_identity_alone(compute: str) -> None:
    graph = graph_of("prod", config=with_section("prod", "cluster", compute=compute))

    trusts = {r.outputs["arn"]: json.loads(r.inputs["assumeRolePolicy"]) for r in graph.all("Role")}
    by_pods = {arn for arn, trust in trusts.items() if PODS in json.dumps(trust)}
    assert by_pods == {a.inputs["roleArn"] for a in graph.all("PodIdentityAssociation")}
    assert graph.all("OpenIdConnectProvider") == []
    assert "sts:AssumeRoleWithWebIdentity" not in json.dumps([*trusts.values()])
    assert "eks.amazonaws.com/role-arn" not in json.dumps([r.inputs for r in graph.values()])


@pytest.mark.row("K4", "")
def test_k4_a_role_is_for_one_service_account_of_one_namespace(prod: Graph) -> None:
    roles = {role.outputs["arn"]: role for role in prod.all("Role")}
    associations = [one.inputs for one in prod.all("PodIdentityAssociation")]

    assert len(associations) == 4
    for one in associations:
        trust = json.loads(roles[one["roleArn"]].inputs["assumeRolePolicy"])
        assert trust["Statement"][0]["Condition"]["StringEquals"] == {
            "aws:RequestTag/kubernetes-namespace": one["namespace"],
            "aws:RequestTag/kubernetes-service-account": one["serviceAccount"],
        }
