"""The order in which a stack comes down: the reverse of what waits for what."""

from itertools import pairwise
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg
from tests.graph.stacks import graph_of, with_section


def goes_after(graph: Graph, reg: Reg) -> set[str]:
    """All that is there until this one is gone: what it waits for, and what that waits for."""
    seen: set[str] = set()
    pending = [reg.urn]
    while pending:
        one = graph[pending.pop()]
        found = {urn for urn in {*one.depends, one.provider} if urn in graph} - seen
        seen |= found
        pending += found
    return seen


@pytest.fixture(scope="module", params=["nodes", "karpenter", "auto"])
def any_compute(request: pytest.FixtureRequest) -> Graph:
    return graph_of("prod", config=with_section("prod", "cluster", compute=request.param))


@pytest.mark.row("K11", "")
@pytest.mark.ask(19)
@pytest.mark.ask(20)
def test_k11_bindings_then_nodes_then_groups_and_subnets_then_the_vpc(prod: Graph) -> None:
    stages: list[list[Any]] = [
        prod.all("TargetGroupBinding"),
        prod.all("Release"),
        prod.all("NodeGroup"),
        prod.all("aws:eks/cluster:Cluster"),
        [s for s in prod.all("Subnet") if "-app-" in s.name],
        prod.all("aws:ec2/vpc:Vpc"),
    ]

    assert all(stages)
    for earlier, later in pairwise(stages):
        after = {one.urn for one in later}
        assert all(after <= goes_after(prod, one) for one in earlier)


@pytest.mark.row("K11", "")
@pytest.mark.ask(19)
def test_k11_whatever_has_addresses_of_the_vpc_goes_before_the_groups_it_wears(
    any_compute: Graph,
) -> None:
    kinds = ("NodeGroup", "NodeClass", "EC2NodeClass")
    machines = [one for kind in kinds for one in any_compute.all(kind)]
    app = any_compute.named("SecurityGroup", "network-app").urn

    assert machines
    assert all(app in goes_after(any_compute, one) for one in machines)


@pytest.mark.row("K11", "")
@pytest.mark.ask(21)
def test_k11_what_is_inside_goes_with_the_cluster_but_for_what_has_machines(
    any_compute: Graph,
) -> None:
    eks = any_compute.one("aws:eks/cluster:Cluster").urn
    inside = [reg for reg in any_compute.values() if reg.type.startswith("kubernetes:")]

    left = {reg.type.split(":")[-1] for reg in inside if reg.opts.get("deletedWith") != eks}
    assert left <= {"NodePool", "NodeClass", "EC2NodeClass"}


@pytest.mark.ask(21)
def test_an_unreachable_cluster_never_passes_for_an_empty_one(any_compute: Graph) -> None:
    (provider,) = (r for r in any_compute.values() if r.type == "pulumi:providers:kubernetes")

    assert "deleteUnreachable" not in provider.inputs
