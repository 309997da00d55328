"""Critical paths: what waits for what, in the graph and in a change of it."""

import pytest

from stackyard.report.duration import critical_path, duration
from tests.report.stacks import changed, graph, node, stack, urn_of

VPC, CLUSTER, NODES = (
    "aws:ec2/vpc:Vpc",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
)
WRITER = "aws:rds/clusterInstance:ClusterInstance"
SMALL = graph(
    node(VPC, "net"),
    node(CLUSTER, "eks", "net"),
    node(NODES, "nodes", "eks"),
    node(WRITER, "writer", "net"),
)


def test_the_longest_way_is_named_in_order() -> None:
    longest = critical_path(SMALL)

    assert longest.minutes == pytest.approx(0.2 + 10.3 + 2.1)
    assert longest.path == ("net (Vpc)", "eks (Cluster)", "nodes (NodeGroup)")


def test_a_change_takes_the_time_of_what_changes_alone() -> None:
    after = changed(SMALL, "nodes", instanceTypes=["m8g.large"])

    assert duration(SMALL, after).path == ("nodes (NodeGroup)",)
    assert duration(SMALL, after).minutes == 2.1


def test_what_stays_still_ties_what_changes_together() -> None:
    chain = graph(node(NODES, "a"), node("aws:iam/role:Role", "b", "a"), node(NODES, "c", "b"))
    after = changed(changed(chain, "a", x=1), "c", x=1)

    assert duration(chain, after).minutes == pytest.approx(4.2)


def test_no_change_takes_no_time() -> None:
    assert duration(SMALL, SMALL).minutes == 0
    assert duration(SMALL, SMALL).path == ()


def test_a_destroy_begins_with_what_nothing_needs() -> None:
    gone = duration(SMALL, {})

    assert gone.minutes == pytest.approx(2.1 + 10.3 + 0.2)
    assert gone.path == ("nodes (NodeGroup)", "eks (Cluster)", "net (Vpc)")


def test_a_replacement_is_made_and_then_taken_away() -> None:
    after = changed(SMALL, "writer", engine="aurora-mysql")

    assert duration(SMALL, after, {"writer"}).minutes == pytest.approx(6.4 + 11.8)


def test_a_release_is_watched_where_the_production_rule_changes() -> None:
    prod = stack("prod")
    rule = urn_of(prod, "ListenerRule", "balancer-production")
    after = changed(prod, rule, tags={"stackyard:release": "2"})

    watched = duration(prod, after, watched_minutes=19)

    assert watched.minutes == pytest.approx(19.05)
    assert watched.path == ("balancer-production (ListenerRule)",)


def test_a_rule_that_is_made_first_watches_nothing() -> None:
    assert duration({}, stack("prod"), watched_minutes=19) == duration({}, stack("prod"))


def test_a_chain_of_ten_thousand_needs_no_deep_stack() -> None:
    chain = graph(
        *(node(VPC, f"n{place}", *([f"n{place - 1}"] if place else [])) for place in range(10_000))
    )

    assert critical_path(chain).minutes == pytest.approx(2000)
