"""EKS Auto Mode as a setting: another API for bindings, nodes of its own, and what it lacks."""

import json

import pulumi
import pytest

from stackyard.graph.recorder import Graph
from tests.graph.clusters import EKS, addons
from tests.graph.manifests import policy
from tests.graph.stacks import graph_anew, graph_of, with_section


@pytest.fixture(scope="module")
def auto() -> Graph:
    return graph_of("prod", config=with_section("prod", "cluster", compute="auto", spotPercent=40))


@pytest.mark.row("K1", "cluster.compute")
def test_k1_eks_makes_nodes_volumes_and_targets_itself(auto: Graph) -> None:
    eks = auto.one(EKS).inputs

    assert eks["computeConfig"] == {"enabled": True}
    assert eks["storageConfig"] == {"blockStorage": {"enabled": True}}
    assert eks["kubernetesNetworkConfig"] == {"elasticLoadBalancing": {"enabled": True}}
    assert eks["bootstrapSelfManagedAddons"] is False
    assert auto.all("NodeGroup") == auto.all("LaunchTemplate") == auto.all("Release") == []


@pytest.mark.row("K1", "cluster.compute")
def test_k1_its_role_may_do_what_auto_mode_does(auto: Graph) -> None:
    eks = auto.one(EKS)
    role = next(r for r in auto.all("Role") if r.outputs["arn"] == eks.inputs["roleArn"])
    rights = [
        r
        for r in auto.all("RolePolicyAttachment")
        if r.inputs["role"] == role.inputs.get("name", role.outputs["name"])
    ]

    assert {r.inputs["policyArn"].rpartition("/")[2] for r in rights} == {
        "AmazonEKSBlockStoragePolicy",
        "AmazonEKSClusterPolicy",
        "AmazonEKSComputePolicy",
        "AmazonEKSLoadBalancingPolicy",
        "AmazonEKSNetworkingPolicy",
    }
    assert {r.urn for r in rights} <= eks.depends


@pytest.mark.row("K7", "cluster.compute")
@pytest.mark.ask(15)
def test_k7_auto_mode_has_no_addon_that_its_nodes_bring(auto: Graph) -> None:
    assert set(addons(auto)) == {"amazon-cloudwatch-observability", "metrics-server"}


@pytest.mark.row("K1", "cluster.compute")
@pytest.mark.ask(37)
def test_k1_bindings_are_of_auto_modes_api_and_groups_carry_the_clusters_name(auto: Graph) -> None:
    bindings, groups = auto.all("TargetGroupBinding"), auto.all("TargetGroup")

    assert {b.inputs["apiVersion"] for b in bindings} == {"eks.amazonaws.com/v1"}
    name = auto.one(EKS).inputs["name"]
    assert [g.inputs["tags"] for g in groups] == [{"eks:eks-cluster-name": name}] * 2


def test_target_groups_do_not_wait_for_the_cluster_whose_name_they_carry(auto: Graph) -> None:
    eks = auto.one(EKS).urn

    assert [g.urn for g in auto.all("TargetGroup") if eks in g.depends] == []


def test_other_target_groups_carry_no_clusters_name(prod: Graph) -> None:
    assert [g.urn for g in prod.all("TargetGroup") if "tags" in g.inputs] == []


@pytest.mark.row("K1", "cluster.compute")
@pytest.mark.ask(22)
def test_k1_nodes_stand_in_the_app_subnets_and_wear_what_the_database_lets_in(auto: Graph) -> None:
    spec = auto.one("NodeClass").inputs["spec"]

    app = {subnet.id for subnet in auto.all("Subnet") if "-app-" in subnet.name}
    own = auto.one(EKS).outputs["vpcConfig"]["clusterSecurityGroupId"]
    assert {term["id"] for term in spec["subnetSelectorTerms"]} == app
    assert [term["id"] for term in spec["securityGroupSelectorTerms"]] == [
        auto.named("SecurityGroup", "network-app").id,
        own,
    ]
    assert {"project", "stack", "owner", "cost-center"} <= set(spec["tags"])


def test_the_role_of_its_nodes_is_let_in_before_a_pool_makes_one(auto: Graph) -> None:
    entry = auto.named("AccessEntry", "cluster-nodes")
    rights = auto.named("AccessPolicyAssociation", "cluster-nodes")

    assert entry.inputs["type"] == "EC2"
    assert rights.inputs["policyArn"].endswith("/AmazonEKSAutoNodePolicy")
    assert all(rights.urn in pool.depends for pool in auto.all("NodePool"))


@pytest.mark.row("K2", "cluster.spotPercent")
def test_k2_pools_of_auto_mode_keep_the_share_of_spot(auto: Graph) -> None:
    pools = {
        pool.inputs["spec"]["template"]["spec"]["requirements"][2]["values"][0]: pool.inputs[
            "spec"
        ]["limits"]
        for pool in auto.all("NodePool")
    }

    assert pools == {"on-demand": {"nodes": "6"}, "spot": {"nodes": "3"}}


@pytest.mark.row("W6", "cluster.compute")
def test_w6_auto_mode_enforces_network_policies_and_resolves_names_on_the_node(
    auto: Graph,
) -> None:
    switch, spec = auto.one("ConfigMap").inputs, auto.one("NodeClass").inputs["spec"]
    (way,) = policy(auto, "dns")["egress"]

    assert switch["metadata"] == {"name": "amazon-vpc-cni", "namespace": "kube-system"}
    assert switch["data"] == {"enable-network-policy-controller": "true"}
    assert spec["networkPolicy"] == "DefaultAllow"
    assert [peer["ipBlock"]["cidr"] for peer in way["to"]] == ["172.20.0.10/32", "10.100.0.10/32"]


@pytest.mark.row("K11", "cluster.compute")
def test_k11_machines_of_auto_mode_are_ended_and_not_left_to_the_clusters_end(auto: Graph) -> None:
    made = [*auto.all("NodePool"), *auto.all("NodeClass")]

    assert [one.name for one in made if "deletedWith" in one.opts] == []
    assert {json.dumps(one.opts["customTimeouts"]) for one in made} == {'{"delete": "30m"}'}


@pytest.mark.row("K1", "cluster.compute")
@pytest.mark.ask(37)
def test_k1_every_update_says_that_auto_mode_has_no_readiness_gates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)

    graph_anew("prod", config=with_section("prod", "cluster", compute="auto"))
    graph_anew("prod")

    assert len(said) == 1
    assert "Auto Mode has no pod readiness gates" in said[0]
