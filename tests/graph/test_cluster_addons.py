"""Add-ons: which a cluster has, of which version, and in what order they and the nodes come."""

import json
from typing import Any

import pulumi
import pytest

from components._control_plane import _refuse_a_leap
from stacks.addons import ADDON_VERSIONS, CHART_VERSIONS
from stacks.cluster_settings import SUPPORTED_CLUSTER_VERSIONS
from stackyard.graph.recorder import Graph
from tests.graph.clusters import EKS, addons, cluster
from tests.graph.stacks import graph_of, with_section

ON_NODES = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
INSIGHTS, DRIVER = "amazon-cloudwatch-observability", "aws-secrets-store-csi-driver-provider"
AS_PODS = ("coredns", "metrics-server", INSIGHTS, DRIVER)
EVERY_ADDON = {"container_insights": True, "secrets_driver": True}


@pytest.mark.row("K7", "")
@pytest.mark.ask(15)
@pytest.mark.parametrize("spot", [0, 50])
def test_k7_nodes_come_after_networking_and_before_what_runs_on_them(spot: int) -> None:
    graph = cluster(spot_percent=spot, **EVERY_ADDON)

    nodes, by_name = graph.all("NodeGroup"), addons(graph)
    before = {by_name[addon] for addon in ON_NODES}
    after = [graph[by_name[addon]] for addon in AS_PODS]
    assert all(before <= group.depends for group in nodes)
    assert all({group.urn for group in nodes} <= addon.depends for addon in after)
    assert len(by_name) == len(ON_NODES) + len(AS_PODS)


@pytest.mark.ask(15)
def test_networking_waits_for_the_cluster_and_for_no_node(prod: Graph) -> None:
    nodes = {group.urn for group in prod.all("NodeGroup")}

    assert nodes
    assert not any(prod[addons(prod)[addon]].depends & nodes for addon in ON_NODES)


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
@pytest.mark.parametrize("version", SUPPORTED_CLUSTER_VERSIONS)
def test_k8_addons_are_pinned_to_the_clusters_version(version: str) -> None:
    graph = cluster(version=version, **EVERY_ADDON)

    pinned = {r.inputs["addonName"]: r.inputs["addonVersion"] for r in graph.all("Addon")}
    part = graph.component_outputs[graph.one("stackyard:index:Cluster").urn]
    assert pinned["kube-proxy"].startswith(f"v{version}.")
    assert sorted(pinned.values()) == sorted(ADDON_VERSIONS[version])
    assert part["addons"] == pinned


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
def test_k8_an_update_by_two_minor_versions_is_refused_and_by_one_is_not() -> None:
    def change(new: str) -> pulumi.ResourceHookArgs:
        versions = {"old_inputs": {"version": "1.34"}, "new_inputs": {"version": new}}
        return pulumi.ResourceHookArgs("urn", "id", "cluster", "type", **versions)

    _refuse_a_leap(change("1.35"))

    with pytest.raises(ValueError, match=r"1\.36 is 2 minor versions above 1\.34"):
        _refuse_a_leap(change("1.36"))


@pytest.mark.row("K8", "cluster.version")
@pytest.mark.ask(16)
def test_k8_an_update_and_its_preview_ask_whether_the_version_is_one_minor_above() -> None:
    hooks = cluster().one(EKS).opts["hooks"]

    assert hooks["before_update"] == ["cluster-version"]


def test_what_somebody_changed_of_an_addon_by_hand_goes() -> None:
    given = [addon.inputs for addon in cluster(**EVERY_ADDON).all("Addon")]

    assert {one["resolveConflictsOnCreate"] for one in given} == {"OVERWRITE"}
    assert {one["resolveConflictsOnUpdate"] for one in given} == {"OVERWRITE"}


def test_network_policies_are_enforced() -> None:
    cni = cluster().named("Addon", "cluster-vpc-cni").inputs["configurationValues"]

    assert json.loads(cni) == {"enableNetworkPolicy": "true"}


def test_a_cluster_has_neither_insights_nor_the_secrets_driver_unasked() -> None:
    assert set(addons(cluster())) == {*ON_NODES, "coredns", "metrics-server"}


def test_insights_write_into_log_groups_that_have_an_end() -> None:
    graph = cluster(container_insights=True)

    name = graph.one(EKS).inputs["name"]
    groups = {group.inputs["name"]: group for group in graph.all("LogGroup")}
    written = [
        groups[f"/aws/containerinsights/{name}/{kind}"]
        for kind in ("application", "dataplane", "host", "performance")
    ]
    assert {group.inputs["retentionInDays"] for group in written} == {30}
    assert {group.urn for group in written} <= graph[addons(graph)[INSIGHTS]].depends


def test_the_agent_of_insights_has_its_rights_before_it_starts() -> None:
    graph = cluster(container_insights=True)

    (association,) = graph.all("PodIdentityAssociation")
    rights = graph.named("RolePolicyAttachment", "cluster-insights")
    assert association.inputs["namespace"] == "amazon-cloudwatch"
    assert association.inputs["serviceAccount"] == "cloudwatch-agent"
    assert rights.inputs["policyArn"].endswith("/CloudWatchAgentServerPolicy")
    assert {association.urn, rights.urn} <= graph[addons(graph)[INSIGHTS]].depends


def test_production_has_insights_and_no_pod_waits_for_them(prod: Graph) -> None:
    insights = addons(prod)[INSIGHTS]

    assert [reg.urn for reg in prod.values() if insights in reg.depends] == []


@pytest.mark.parametrize(
    ("section", "keys"),
    [("cluster", {"compute": "karpenter"}), ("app", {"recommendMemory": True})],
)
def test_every_chart_is_of_the_tables_version(section: str, keys: dict[str, Any]) -> None:
    graph = graph_of("prod", config=with_section("prod", section, **keys))

    releases = [release.inputs for release in graph.all("Release")]
    assert len(releases) > 1
    assert [
        one["chart"]
        for one in releases
        if one["version"] != CHART_VERSIONS[one["chart"].rpartition("/")[2]]
    ] == []
