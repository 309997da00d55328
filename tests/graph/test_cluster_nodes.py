"""Managed nodes: what they wear, what they run on, how many are spot."""

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.cluster_settings import ClusterSettings, Compute
from stacks.node_shares import node_shares
from stackyard.graph.recorder import Graph
from tests.graph.clusters import EKS, cluster


def sizes(graph: Graph) -> dict[str, tuple[int, int]]:
    """Fewest and most nodes by capacity type."""
    return {
        group.inputs["capacityType"]: (
            group.inputs["scalingConfig"]["minSize"],
            group.inputs["scalingConfig"]["maxSize"],
        )
        for group in graph.all("NodeGroup")
    }


def test_nodes_wear_the_app_group_and_ekss_own() -> None:
    graph = cluster()

    own = graph.one(EKS).outputs["vpcConfig"]["clusterSecurityGroupId"]
    template, nodes = graph.one("LaunchTemplate"), graph.one("NodeGroup").inputs
    assert template.inputs["vpcSecurityGroupIds"] == ["sg-app", own]
    assert nodes["launchTemplate"]["id"] == template.id


def test_a_nodes_credentials_do_not_reach_its_pods() -> None:
    options = cluster().one("LaunchTemplate").inputs["metadataOptions"]

    assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)


@pytest.mark.parametrize(
    ("family", "devices"),
    [("al2023", ["/dev/xvda"]), ("bottlerocket", ["/dev/xvda", "/dev/xvdb"])],
)
def test_node_volumes_are_encrypted(family: str, devices: list[str]) -> None:
    mappings = cluster(ami_family=family).one("LaunchTemplate").inputs["blockDeviceMappings"]

    assert [device["deviceName"] for device in mappings] == devices
    assert {(d["ebs"]["encrypted"], d["ebs"]["volumeType"]) for d in mappings} == {("true", "gp3")}


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


@pytest.mark.row("K2", "")
def test_k2_nodes_are_graviton_on_demand() -> None:
    nodes = cluster().one("NodeGroup").inputs

    assert nodes["amiType"] == "AL2023_ARM_64_STANDARD"
    assert nodes["capacityType"] == "ON_DEMAND"
    assert nodes["instanceTypes"] == ["t4g.medium"]


@pytest.mark.row("K2", "cluster.amiFamily")
def test_k2_nodes_run_bottlerocket_where_a_stack_asks_for_it() -> None:
    nodes = cluster(ami_family="bottlerocket").one("NodeGroup").inputs

    assert nodes["amiType"] == "BOTTLEROCKET_ARM_64"


@pytest.mark.row("K2", "cluster.spotPercent")
@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0, {"ON_DEMAND": (4, 10)}),
        (10, {"ON_DEMAND": (4, 9), "SPOT": (0, 1)}),
        (50, {"ON_DEMAND": (2, 5), "SPOT": (2, 5)}),
        (100, {"ON_DEMAND": (1, 1), "SPOT": (3, 9)}),
    ],
)
def test_k2_a_share_of_the_nodes_is_spot_and_one_at_least_is_not(
    percent: int, expected: dict[str, tuple[int, int]]
) -> None:
    assert sizes(cluster(nodes_min=4, nodes_max=10, spot_percent=percent)) == expected


@given(
    st.integers(2, 100),
    st.integers(2, 100),
    st.integers(0, 100),
    st.sampled_from(get_args(Compute)),
)
def test_shares_make_up_all_nodes_whatever_the_settings(
    one: int, other: int, percent: int, compute: Compute
) -> None:
    least, most = sorted((one, other))
    settings = ClusterSettings(
        compute=compute, nodes_min=least, nodes_max=most, spot_percent=percent
    )

    shares = node_shares(settings)
    every = [*shares.managed, *shares.pools]
    assert sum(share.most for share in every) == most
    assert sum(share.least for share in shares.managed) == (0 if compute == "auto" else least)
    assert all(0 <= share.least <= share.most for share in every)
    spot = sum(share.most for share in every if share.capacity_type == "spot")
    assert spot <= most * percent / 100
    assert spot < most


def test_a_share_of_spot_changes_no_node_on_demand_but_their_number() -> None:
    none, half = (cluster(nodes_min=4, spot_percent=percent) for percent in (0, 50))

    before, after = (graph.named("NodeGroup", "cluster-nodes").inputs for graph in (none, half))
    assert {key for key in before if before[key] != after[key]} == {"scalingConfig"}


def test_an_autoscaler_may_change_the_number_of_nodes() -> None:
    nodes = cluster(nodes_min=3, nodes_max=9).one("NodeGroup")

    assert nodes.inputs["scalingConfig"] == {"minSize": 3, "desiredSize": 3, "maxSize": 9}
    assert nodes.opts["ignoreChanges"] == ["scalingConfig.desiredSize"]


@pytest.mark.row("K9", "")
def test_k9_nodes_that_fail_are_repaired_and_one_at_a_time_is_updated() -> None:
    groups = [group.inputs for group in cluster(spot_percent=50).all("NodeGroup")]

    assert len(groups) == 2
    assert all(group["nodeRepairConfig"] == {"enabled": True} for group in groups)
    assert all(group["updateConfig"] == {"maxUnavailable": 1} for group in groups)


def test_staging_has_half_of_its_nodes_on_spot_of_types_of_one_size(staging: Graph) -> None:
    types: list[Any] = [group.inputs["instanceTypes"] for group in staging.all("NodeGroup")]

    assert sizes(staging) == {"ON_DEMAND": (1, 2), "SPOT": (1, 2)}
    assert types == [["t4g.medium", "c7g.large", "c6g.large"]] * 2
