"""The cluster: who may enter, by which key its secrets are locked, where its logs go, its end."""

import inspect
import json

import pytest
from pydantic.alias_generators import to_camel

from components.cluster import Cluster, ClusterArgs
from stacks.cluster_settings import ClusterSettings
from stackyard.graph.recorder import record
from tests.graph.clusters import EKS, cluster

ADMIN, DEPLOY, PREVIEW, DRIFT = (
    f"arn:aws:iam::123456789012:role/{role}" for role in ("admin", "deploy", "preview", "drift")
)


def test_name_carries_a_suffix_that_changes_with_what_replaces_the_cluster() -> None:
    graph = cluster()

    suffix, eks = graph.one("RandomId"), graph.one(EKS).inputs
    assert eks["name"] == suffix.outputs["hex"] == "cluster-1a2b3c4d"
    assert suffix.inputs["keepers"] == {
        "vpc": "vpc-1",
        "role": eks["roleArn"],
        "key": eks["encryptionConfig"]["provider"]["keyArn"],
    }


@pytest.mark.row("K5", "observe.logDays")
@pytest.mark.ask(17)
def test_k5_its_log_group_has_an_end_and_is_there_before_the_cluster_that_writes_all_its_logs() -> (
    None
):
    graph = cluster()

    eks, group = graph.one(EKS), graph.one("LogGroup")
    assert group.inputs["name"] == f"/aws/eks/{eks.inputs['name']}/cluster"
    assert group.urn in eks.depends
    assert group.inputs["retentionInDays"] == 30
    assert len(eks.inputs["enabledClusterLogTypes"]) == 5


@pytest.mark.row("K3", "")
@pytest.mark.ask(18)
def test_k3_access_is_by_entries_and_the_creator_gets_none() -> None:
    access = cluster().one(EKS).inputs["accessConfig"]

    assert access == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": False,
    }


@pytest.mark.row("K3", "cluster.adminRoleArns")
@pytest.mark.ask(18)
def test_k3_every_admin_role_has_an_entry_and_the_admin_policy() -> None:
    graph = cluster(admin_role_arns=(ADMIN, DEPLOY))

    entries, policies = graph.all("AccessEntry"), graph.all("AccessPolicyAssociation")
    assert {r.inputs["principalArn"] for r in entries} == {ADMIN, DEPLOY}
    assert {r.inputs["principalArn"] for r in policies} == {ADMIN, DEPLOY}
    assert {r.inputs["accessScope"]["type"] for r in policies} == {"cluster"}
    assert all(r.inputs["policyArn"].endswith("/AmazonEKSClusterAdminPolicy") for r in policies)


@pytest.mark.row("K3", "cluster.viewerRoleArns")
@pytest.mark.ask(18)
def test_k3_every_viewer_role_has_an_entry_and_sees_without_secrets() -> None:
    graph = cluster(admin_role_arns=(ADMIN,), viewer_role_arns=(PREVIEW, DRIFT))

    entries = {r.inputs["principalArn"]: r.inputs for r in graph.all("AccessEntry")}
    rights = {r.inputs["principalArn"]: r.inputs for r in graph.all("AccessPolicyAssociation")}
    assert set(entries) == set(rights) == {ADMIN, PREVIEW, DRIFT}
    for viewer in (PREVIEW, DRIFT):
        assert entries[viewer]["type"] == "STANDARD"
        assert "kubernetesGroups" not in entries[viewer]
        assert rights[viewer]["accessScope"] == {"type": "cluster"}
        # Unlike AmazonEKSAdminViewPolicy, it shows no secret (EKS, "Review access policy
        # permissions").
        assert rights[viewer]["policyArn"].endswith("/AmazonEKSViewPolicy")
    assert rights[ADMIN]["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")


@pytest.mark.parametrize("setting", ["admin_role_arns", "viewer_role_arns"])
def test_one_role_more_changes_no_other(setting: str) -> None:
    one, two = cluster(**{setting: (DEPLOY,)}), cluster(**{setting: (ADMIN, DEPLOY)})

    assert {two[urn].inputs["principalArn"] for urn in set(two) - set(one)} == {ADMIN}
    assert set(one) <= set(two)


@pytest.mark.row("K5", "")
def test_k5_secrets_are_locked_by_its_own_key() -> None:
    graph = cluster()

    encryption = graph.one(EKS).inputs["encryptionConfig"]
    assert encryption["resources"] == ["secrets"]
    assert encryption["provider"]["keyArn"] == graph.one("Key").outputs["arn"]


def test_no_extended_support_is_ever_billed() -> None:
    assert cluster().one(EKS).inputs["upgradePolicy"] == {"supportType": "STANDARD"}


@pytest.mark.row("K6", "cluster.allowedCidrs")
@pytest.mark.parametrize(
    ("allowed", "public"), [((), False), (("203.0.113.0/24", "198.51.100.7/32"), True)]
)
def test_k6_public_endpoint_is_for_named_networks_only(
    allowed: tuple[str, ...], public: bool
) -> None:
    graph = cluster(allowed_cidrs=allowed)

    network = graph.one(EKS).inputs["vpcConfig"]
    assert (network["endpointPrivateAccess"], network["endpointPublicAccess"]) == (True, public)
    assert tuple(network.get("publicAccessCidrs", ())) == allowed
    assert graph.all("SecurityGroupIngressRule") == []


@pytest.mark.row("K6", "cluster.endpoint")
def test_k6_a_private_endpoint_lets_the_same_networks_in_from_within() -> None:
    graph = cluster(allowed_cidrs=("10.9.0.0/16", "172.16.4.0/24"), endpoint="private")

    eks = graph.one(EKS)
    assert eks.inputs["vpcConfig"]["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in eks.inputs["vpcConfig"]
    own = eks.outputs["vpcConfig"]["clusterSecurityGroupId"]
    assert {
        (rule.inputs["securityGroupId"], rule.inputs["cidrIpv4"], rule.inputs["fromPort"])
        for rule in graph.all("SecurityGroupIngressRule")
    } == {(own, "10.9.0.0/16", 443), (own, "172.16.4.0/24", 443)}


def test_one_network_more_opens_the_private_endpoint_to_it_alone() -> None:
    one = cluster(allowed_cidrs=("10.9.0.0/16",), endpoint="private")
    two = cluster(allowed_cidrs=("10.1.0.0/16", "10.9.0.0/16"), endpoint="private")

    assert [two[urn].inputs["cidrIpv4"] for urn in set(two) - set(one)] == ["10.1.0.0/16"]


@pytest.mark.row("K9", "env.protect")
@pytest.mark.parametrize("protect", [True, False])
def test_k9_aws_itself_refuses_to_delete_a_protected_cluster(protect: bool) -> None:
    assert cluster(protect=protect).one(EKS).inputs["deletionProtection"] is protect


@pytest.mark.row("K9", "")
def test_k9_traffic_can_be_shifted_out_of_a_zone() -> None:
    assert cluster().one(EKS).inputs["zonalShiftConfig"] == {"enabled": True}


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
        settings=ClusterSettings(admin_role_arns=(ADMIN,), viewer_role_arns=(PREVIEW,)),
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
