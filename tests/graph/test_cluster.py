"""The cluster: its access, keys and logs, the order of its add-ons, what its nodes wear."""

import functools
import inspect
import json
from typing import Any

import pulumi
import pytest
from pydantic.alias_generators import to_camel

from components.cluster import Cluster, ClusterArgs
from stacks.addons import ADDON_VERSIONS
from stacks.settings import SUPPORTED_CLUSTER_VERSIONS, ClusterSettings
from tests.graph.recorder import Graph, record

ADMIN, DEPLOY = (f"arn:aws:iam::123456789012:role/{role}" for role in ("admin", "deploy"))
EKS = "aws:eks/cluster:Cluster"


@functools.cache  # a graph is only read
def cluster(*, protect: bool = False, preview: bool = False, **settings: Any) -> Graph:
    args = ClusterArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-a", "subnet-b"],
        app_security_group_id="sg-app",
        region="eu-west-1",
        settings=ClusterSettings(**settings),
        log_days=30,
        protect=protect,
        node_tags={"owner": "platform"},
    )
    opts = pulumi.ResourceOptions(protect=protect)
    return record(lambda: Cluster("cluster", args, opts), preview=preview)


def addons(graph: Graph) -> dict[str, str]:
    """URN of every add-on by AWS's name."""
    return {r.inputs["addonName"]: r.urn for r in graph.all("Addon")}


def test_name_carries_a_suffix_that_changes_with_what_replaces_the_cluster() -> None:
    graph = cluster()

    suffix, eks = graph.one("RandomId"), graph.one(EKS).inputs
    assert eks["name"] == suffix.outputs["hex"] == "cluster-1a2b3c4d"
    assert suffix.inputs["keepers"] == {
        "vpc": "vpc-1",
        "role": eks["roleArn"],
        "key": eks["encryptionConfig"]["provider"]["keyArn"],
    }


def test_log_group_is_there_before_the_cluster_that_writes_all_its_logs() -> None:
    graph = cluster()

    eks, group = graph.one(EKS), graph.one("LogGroup")
    assert group.inputs["name"] == f"/aws/eks/{eks.inputs['name']}/cluster"
    assert group.urn in eks.depends
    assert len(eks.inputs["enabledClusterLogTypes"]) == 5


def test_access_is_by_entries_and_the_creator_gets_none() -> None:
    access = cluster().one(EKS).inputs["accessConfig"]

    assert access == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }


def test_every_admin_role_has_an_entry_and_the_admin_policy() -> None:
    graph = cluster(admin_role_arns=(ADMIN, DEPLOY))

    entries, policies = graph.all("AccessEntry"), graph.all("AccessPolicyAssociation")
    assert {r.inputs["principalArn"] for r in entries} == {ADMIN, DEPLOY}
    assert {r.inputs["principalArn"] for r in policies} == {ADMIN, DEPLOY}
    assert {r.inputs["accessScope"]["type"] for r in policies} == {"cluster"}
    assert all(r.inputs["policyArn"].endswith("/AmazonEKSClusterAdminPolicy") for r in policies)


def test_one_admin_more_changes_no_other() -> None:
    one, two = cluster(admin_role_arns=(DEPLOY,)), cluster(admin_role_arns=(ADMIN, DEPLOY))

    assert {two[urn].inputs["principalArn"] for urn in set(two) - set(one)} == {ADMIN}
    assert set(one) <= set(two)


def test_secrets_are_locked_by_its_own_key() -> None:
    graph = cluster()

    encryption = graph.one(EKS).inputs["encryptionConfig"]
    assert encryption["resources"] == ["secrets"]
    assert encryption["provider"]["keyArn"] == graph.one("Key").outputs["arn"]


def test_no_extended_support_is_ever_billed() -> None:
    assert cluster().one(EKS).inputs["upgradePolicy"] == {"supportType": "STANDARD"}


@pytest.mark.parametrize(
    ("allowed", "public"), [((), False), (("203.0.113.0/24", "198.51.100.7/32"), True)]
)
def test_public_endpoint_is_for_named_networks_only(allowed: tuple[str, ...], public: bool) -> None:
    network = cluster(allowed_cidrs=allowed).one(EKS).inputs["vpcConfig"]

    assert (network["endpointPrivateAccess"], network["endpointPublicAccess"]) == (True, public)
    assert tuple(network.get("publicAccessCidrs", ())) == allowed


def test_nodes_come_after_networking_and_before_what_runs_on_them() -> None:
    graph = cluster()

    nodes, by_name = graph.one("NodeGroup"), addons(graph)
    before = {by_name[a] for a in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")}
    after = [graph[by_name[a]] for a in ("coredns", "metrics-server")]
    assert before <= nodes.depends
    assert all(nodes.urn in addon.depends for addon in after)
    assert len(by_name) == 5


@pytest.mark.parametrize("version", SUPPORTED_CLUSTER_VERSIONS)
def test_addons_are_pinned_to_the_clusters_version(version: str) -> None:
    graph = cluster(version=version)

    pinned = {r.inputs["addonName"]: r.inputs["addonVersion"] for r in graph.all("Addon")}
    part = graph.component_outputs[graph.one("stackyard:index:Cluster").urn]
    assert pinned["kube-proxy"].startswith(f"v{version}.")
    assert sorted(pinned.values()) == sorted(ADDON_VERSIONS[version])
    assert part["addons"] == pinned


def test_network_policies_are_enforced() -> None:
    cni = cluster().named("Addon", "cluster-vpc-cni").inputs["configurationValues"]

    assert json.loads(cni) == {"enableNetworkPolicy": "true"}


def test_nodes_wear_the_app_group_and_ekss_own() -> None:
    graph = cluster()

    own = graph.one(EKS).outputs["vpcConfig"]["clusterSecurityGroupId"]
    template, nodes = graph.one("LaunchTemplate"), graph.one("NodeGroup").inputs
    assert template.inputs["vpcSecurityGroupIds"] == ["sg-app", own]
    assert nodes["launchTemplate"]["id"] == template.id


def test_a_nodes_credentials_do_not_reach_its_pods() -> None:
    options = cluster().one("LaunchTemplate").inputs["metadataOptions"]

    assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)


def test_node_volumes_are_encrypted() -> None:
    (device,) = cluster().one("LaunchTemplate").inputs["blockDeviceMappings"]

    assert (device["ebs"]["encrypted"], device["ebs"]["volumeType"]) == ("true", "gp3")


def test_instances_and_volumes_get_the_tags_they_do_not_inherit() -> None:
    given = cluster().one("LaunchTemplate").inputs["tagSpecifications"]

    tags = {"owner": "platform", "Name": "cluster-nodes"}
    assert given == [
        {"resourceType": "instance", "tags": tags},
        {"resourceType": "volume", "tags": tags},
    ]


def test_node_role_has_its_rights_before_a_node_needs_them() -> None:
    graph = cluster()

    rights = [r for r in graph.all("RolePolicyAttachment") if "nodes" in r.name]
    assert {r.inputs["policyArn"].split("/")[-1] for r in rights} == {
        "AmazonEKSWorkerNodePolicy",
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKS_CNI_Policy",
    }
    assert {r.urn for r in rights} <= graph.one("NodeGroup").depends


def test_an_autoscaler_may_change_the_number_of_nodes() -> None:
    nodes = cluster(nodes_min=3, nodes_max=9).one("NodeGroup")

    assert nodes.inputs["scalingConfig"] == {"minSize": 3, "desiredSize": 3, "maxSize": 9}
    assert nodes.opts["ignoreChanges"] == ["scalingConfig.desiredSize"]


def test_addons_and_entries_go_with_the_cluster() -> None:
    graph = cluster(admin_role_arns=(ADMIN,))

    eks = graph.one(EKS).urn
    with_it = {r.type.split(":")[-1] for r in graph.values() if r.opts.get("deletedWith") == eks}
    assert with_it == {"Addon", "AccessEntry", "AccessPolicyAssociation"}


def test_ready_is_what_pods_need_and_admins_what_whoever_makes_them_needs() -> None:
    made: list[Cluster] = []
    args = ClusterArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-a", "subnet-b"],
        app_security_group_id="sg-app",
        region="eu-west-1",
        settings=ClusterSettings(admin_role_arns=(ADMIN,)),
        log_days=30,
        protect=False,
    )

    record(lambda: made.append(Cluster("cluster", args)))

    kinds = [
        sorted(type(one).__name__ for one in group) for group in (made[0].ready, made[0].admins)
    ]
    assert kinds == [[*["Addon"] * 5, "NodeGroup"], ["AccessPolicyAssociation"]]


def test_kubeconfig_asks_aws_for_its_token() -> None:
    graph = cluster()

    part = graph.component_outputs[graph.one("stackyard:index:Cluster").urn]
    config, name = json.loads(part["kubeconfig"]), graph.one(EKS).inputs["name"]
    (user,), (server,) = config["users"], config["clusters"]
    assert server["cluster"] == {
        "server": "https://cluster-1a2b3c4.eks.example.com",
        "certificate-authority-data": "Q0E=",
    }
    assert user["user"]["exec"]["args"] == [
        *["eks", "get-token", "--cluster-name", name, "--region", "eu-west-1"]
    ]
    assert config["current-context"] == config["contexts"][0]["name"]


@pytest.mark.parametrize("protect", [True, False])
def test_protect_guards_the_control_plane_its_key_and_its_name(protect: bool) -> None:
    graph = cluster(protect=protect)

    guarded = {r.name for r in graph.values() if r.opts.get("protect")}
    assert guarded == ({"cluster", "cluster-key", "cluster-suffix"} if protect else set())
    assert graph.one(EKS).inputs["deletionProtection"] is protect


def test_every_annotated_output_is_registered() -> None:
    graph = cluster(preview=True)

    part = graph.one("stackyard:index:Cluster")
    names = {to_camel(name) for name in inspect.get_annotations(Cluster)}
    assert {*graph.component_outputs[part.urn]} == names


def test_preview_shows_the_graph_that_up_makes() -> None:
    assert {*cluster(preview=True)} == {*cluster()}


@pytest.mark.row("N11", "cluster.tunnel")
def test_n11_nodes_take_sessions_with_the_rights_for_them_and_no_more() -> None:
    graph = cluster(tunnel=True)

    (statement,) = json.loads(graph.named("RolePolicy", "cluster-nodes-sessions").inputs["policy"])[
        "Statement"
    ]
    assert {action.split(":")[0] for action in statement["Action"]} == {"ssm", "ssmmessages"}
    assert not [action for action in statement["Action"] if "Get" in action or "*" in action]
    assert graph.named("RolePolicy", "cluster-nodes-sessions").urn in graph.one("NodeGroup").depends


def test_nodes_take_no_sessions_unless_they_are_told_to() -> None:
    assert cluster().all("RolePolicy") == []
