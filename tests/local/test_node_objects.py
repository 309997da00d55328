"""Nodes are what the node groups of the stack say, one a zone."""

from stackyard.local.node_objects import NodeGroup, node_object, node_plans


def test_a_zone_has_one_node_with_the_first_groups_labels() -> None:
    groups = [
        NodeGroup(name="spot", cluster="c", zones=("eu-west-1a",), labels={"kind": "spot"}),
        NodeGroup(name="main", cluster="c", zones=("eu-west-1a", "eu-west-1b")),
    ]

    plans = node_plans(groups)

    assert [(p.name, p.labels["eks.amazonaws.com/nodegroup"]) for p in plans] == [
        ("node-a", "main"),
        ("node-b", "main"),
    ]
    assert plans[0].labels["topology.kubernetes.io/region"] == "eu-west-1"


def test_a_groups_taints_and_architecture_are_its_nodes() -> None:
    group = NodeGroup(
        name="main",
        cluster="c",
        zones=("eu-west-1a",),
        taints=(("only", "batch", "NO_SCHEDULE"),),
        ami_type="AL2023_ARM_64_STANDARD",
    )

    found = node_object(node_plans([group])[0])

    taint = {"key": "only", "value": "batch", "effect": "NoSchedule"}
    assert found["spec"]["taints"] == [taint]
    assert found["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
