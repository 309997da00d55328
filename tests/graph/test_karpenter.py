"""Karpenter as a setting: what it runs on, what it may do, what it makes, how it ends."""

import json
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.clusters import EKS
from tests.graph.stacks import graph_of, with_section


@pytest.fixture(scope="module")
def karpenter() -> Graph:
    config = with_section(
        "prod", "cluster", compute="karpenter", spotPercent=40, amiFamily="bottlerocket"
    )
    return graph_of("prod", config=config)


def rights(graph: Graph) -> list[dict[str, Any]]:
    return json.loads(graph.named("RolePolicy", "karpenter").inputs["policy"])["Statement"]


@pytest.mark.row("K2", "cluster.compute")
def test_k2_karpenter_runs_on_managed_nodes_on_demand_and_makes_the_rest(
    karpenter: Graph,
) -> None:
    nodes = karpenter.one("NodeGroup").inputs
    pools = {p.name: p.inputs["spec"]["limits"]["nodes"] for p in karpenter.all("NodePool")}

    assert (nodes["capacityType"], nodes["scalingConfig"]["maxSize"]) == ("ON_DEMAND", 3)
    assert pools == {"karpenter-on-demand": "3", "karpenter-spot": "3"}


@pytest.mark.row("K2", "cluster.compute")
def test_k2_its_nodes_are_of_the_settings_types_and_system(karpenter: Graph) -> None:
    pool, made = karpenter.named("NodePool", "karpenter-spot"), karpenter.one("EC2NodeClass")

    template = pool.inputs["spec"]["template"]["spec"]
    assert {r["key"]: r["values"] for r in template["requirements"]} == {
        "kubernetes.io/arch": ["arm64"],
        "kubernetes.io/os": ["linux"],
        "karpenter.sh/capacity-type": ["spot"],
        "node.kubernetes.io/instance-type": ["m8g.large"],
    }
    assert template["nodeClassRef"] == {
        "group": "karpenter.k8s.aws",
        "kind": "EC2NodeClass",
        "name": made.outputs["metadata"]["name"],
    }
    assert made.inputs["spec"]["amiSelectorTerms"] == [{"alias": "bottlerocket@latest"}]


def test_its_nodes_are_like_the_managed_ones(karpenter: Graph) -> None:
    spec = karpenter.one("EC2NodeClass").inputs["spec"]
    managed = karpenter.one("LaunchTemplate").inputs

    profile = karpenter.one("InstanceProfile")
    role = karpenter.named("Role", "cluster-nodes")
    assert spec["instanceProfile"] == profile.outputs["name"]
    assert profile.inputs["role"] == role.outputs["name"]
    assert [term["id"] for term in spec["securityGroupSelectorTerms"]] == managed[
        "vpcSecurityGroupIds"
    ]
    assert spec["metadataOptions"] == managed["metadataOptions"]
    assert [device["deviceName"] for device in spec["blockDeviceMappings"]] == [
        device["deviceName"] for device in managed["blockDeviceMappings"]
    ]
    assert all(device["ebs"]["encrypted"] for device in spec["blockDeviceMappings"])
    assert spec["tags"] == managed["tagSpecifications"][0]["tags"]


def test_it_ends_only_what_carries_the_clusters_tag(karpenter: Graph) -> None:
    (ends,) = [s for s in rights(karpenter) if "ec2:TerminateInstances" in s["Action"]]

    owned = f"aws:ResourceTag/kubernetes.io/cluster/{karpenter.one(EKS).outputs['name']}"
    assert ends["Condition"]["StringEquals"] == {owned: "owned"}


def test_what_it_may_do_to_everything_is_to_read(karpenter: Graph) -> None:
    wide = [s["Action"] for s in rights(karpenter) if s["Resource"] == "*"]

    verbs = {action.split(":")[1][:4] for actions in wide for action in actions}
    assert verbs == {"Desc", "List", "GetP"}


def test_it_passes_the_nodes_role_and_no_other(karpenter: Graph) -> None:
    (passes,) = [s for s in rights(karpenter) if s["Action"] == "iam:PassRole"]

    assert passes["Resource"] == karpenter.named("Role", "cluster-nodes").outputs["arn"]


def test_it_hears_of_every_kind_of_end(karpenter: Graph) -> None:
    queue = karpenter.one("Queue")
    told = {r.inputs["rule"]: r.inputs["arn"] for r in karpenter.all("EventTarget")}
    patterns = [json.loads(rule.inputs["eventPattern"]) for rule in karpenter.all("EventRule")]

    assert set(told.values()) == {queue.outputs["arn"]}
    assert sorted(pattern["detail-type"] for pattern in patterns) == [
        ["AWS Health Event"],
        ["EC2 Instance Rebalance Recommendation"],
        ["EC2 Instance State-change Notification"],
        ["EC2 Spot Instance Interruption Warning"],
    ]
    values = karpenter.named("Release", "karpenter").inputs["values"]
    assert values["settings"]["interruptionQueue"] == queue.outputs["name"]


@pytest.mark.row("K11", "cluster.compute")
def test_k11_its_nodes_end_while_it_is_still_there_and_nothing_ends_without_them(
    karpenter: Graph,
) -> None:
    made, controller = karpenter.all("NodePool"), karpenter.named("Release", "karpenter")

    assert all(controller.urn in pool.depends for pool in made)
    assert [pool.name for pool in made if "deletedWith" in pool.opts] == []
    assert {pool.inputs["spec"]["template"]["spec"]["terminationGracePeriod"] for pool in made} == {
        "15m"
    }


def test_the_longest_drain_of_a_pod_is_shorter_than_a_nodes() -> None:
    config = with_section("prod", "release", drainSeconds=300)
    config["stackyard:cluster"]["compute"] = "karpenter"

    graph = graph_of("prod", config=config)

    grace = graph.one("Deployment").inputs["spec"]["template"]["spec"]
    assert grace["terminationGracePeriodSeconds"] < 15 * 60


def test_pods_wait_for_whoever_makes_their_nodes(karpenter: Graph) -> None:
    pools = {pool.urn for pool in karpenter.all("NodePool")}

    assert pools <= karpenter.one("Deployment").depends
