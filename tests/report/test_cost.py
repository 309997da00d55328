"""The cost estimate: what is priced, that sums match, that more costs more."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from stackyard.report.cost import Cost, cost, usage_of
from stackyard.report.graph import Graph
from stackyard.report.prices import price_table
from stackyard.report.usage import Usage
from stackyard.stack_files import settings_of
from tests.report.arbitrary import graphs
from tests.report.stacks import ROOT, changed, graph, newest, node, stack, urn_of, without

USAGE = Usage()
IDLE = replace(USAGE, monthly_requests=0, database_gib=0, log_gib=0)
USAGES = st.builds(
    Usage,
    monthly_requests=st.integers(0, 10**10),
    response_kib=st.floats(0, 10**4),
    database_gib=st.floats(0, 10**4),
    log_gib=st.floats(0, 10**4),
    load_percent=st.floats(0, 100),
)
NODES = "aws:eks/nodeGroup:NodeGroup"
NOT_PRICED = [
    "aws:eks/addon:Addon (Container Insights)",
    "aws:rds/clusterInstance:ClusterInstance (Database Insights, advanced)",
    "aws:rds/proxyEndpoint:ProxyEndpoint",
]


def expected(of: Cost, part: str, what: str) -> Decimal:
    return next(line.expected for line in of.lines if (line.part, line.what) == (part, what))


def test_instances_cost_their_hours_of_a_month() -> None:
    of = cost(stack("prod"), USAGE)

    assert expected(of, "database", "database instances (db.r8g.large)") == Decimal("402.96")
    assert expected(of, "cache", "cache nodes (cache.r7g.large)") == Decimal("383.69")
    assert expected(of, "cluster", "EKS control plane") == Decimal("73.00")


def test_nodes_cost_their_fewest_when_idle_and_their_most_when_busy() -> None:
    scaling = {"minSize": 3, "maxSize": 9}
    of = cost(graph(node(NODES, "n", instanceTypes=["m8g.large"], scalingConfig=scaling)), USAGE)
    line = next(line for line in of.lines if line.what.startswith("nodes"))

    assert (line.low, line.expected, line.high) == (
        Decimal("196.57"),
        Decimal("294.86"),
        Decimal("589.72"),
    )


def test_a_machine_costs_its_hours_and_a_repository_its_images() -> None:
    machine = node("aws:ec2/instance:Instance", "nat", instanceType="t4g.small")
    of = cost(graph(machine, node("aws:ecr/repository:Repository", "images")), USAGE)

    assert (of.low, of.expected) == (Decimal("12.26"), Decimal("12.46"))


def test_staging_idles_below_three_hundred_dollars() -> None:
    low = cost(stack("staging"), IDLE).low

    assert Decimal(200) < low < Decimal(300)


def test_what_is_not_priced_is_named() -> None:
    of = cost(graph(node("aws:msk/cluster:Cluster", "kafka")), USAGE)

    assert of.unpriced == ["aws:msk/cluster:Cluster"]
    assert of.expected == 0


def test_a_size_that_the_table_has_not_is_named() -> None:
    of = cost(graph(node(NODES, "n", instanceTypes=["x9.huge"])), USAGE)

    assert of.unpriced == [f"{NODES} (ec2.x9.huge)"]


def test_all_of_prod_is_priced_but_what_no_table_has() -> None:
    assert cost(stack("prod"), USAGE).unpriced == NOT_PRICED
    assert cost(stack("staging"), USAGE).unpriced == []


def test_all_of_the_newest_settings_is_priced_or_named() -> None:
    karpenter, auto = (cost(each, USAGE) for each in newest())

    assert karpenter.unpriced == sorted([*NOT_PRICED, "aws:rds/cluster:Cluster (backtrack)"])
    assert auto.unpriced == NOT_PRICED


def test_a_pool_costs_up_to_its_limit_and_nothing_when_idle() -> None:
    of = cost(newest()[0], USAGE)
    pool = next(line for line in of.lines if line.what == "nodes (m8g.large)" and line.low == 0)

    assert (pool.low, pool.expected, pool.high) == (0, Decimal("65.52"), Decimal("262.10"))


def test_auto_mode_takes_its_share_and_has_a_node_in_each_zone() -> None:
    of = cost(newest()[1], USAGE)
    fee, nodes = (
        next(line for line in of.lines if line.what == what)
        for what in ("EKS Auto Mode", "nodes (m8g.large)")
    )

    assert nodes.low == Decimal("196.57")
    assert fee.low == Decimal("23.59")


def test_a_serverless_cache_costs_its_least_when_idle_and_its_limit_when_full() -> None:
    of = cost(newest()[0], USAGE)
    data = next(line for line in of.lines if line.what == "data in the serverless cache")

    assert (data.low, data.high) == (Decimal("6.13"), Decimal("306.60"))
    assert expected(of, "cache", "requests of the serverless cache") == Decimal("0.46")


def test_a_regional_gateway_costs_its_hours_in_every_zone() -> None:
    assert expected(cost(newest()[1], USAGE), "network", "NAT gateways") == Decimal("98.55")


def test_a_nat_instance_costs_what_its_template_says() -> None:
    of = cost(newest()[0], USAGE)

    assert expected(of, "network", "instances (t4g.nano)") == Decimal("3.07")


def test_the_assumptions_name_the_dates_of_the_prices() -> None:
    oldest, newest = price_table().dates

    said = cost({}, USAGE).assumptions

    assert f"on-demand prices of us-east-1, from {oldest} to {newest}" in said
    assert not any("the stack stands in" in line for line in said)


def test_another_region_is_said_to_be_another() -> None:
    said = cost({}, replace(USAGE, region="eu-west-1")).assumptions

    assert said[0] == "the stack stands in eu-west-1; these are the prices of us-east-1"


def test_the_assumptions_come_from_the_stack_file() -> None:
    usage = usage_of(settings_of(ROOT / "Pulumi.prod.yaml"))

    assert usage == Usage(region="us-east-1")


def test_serverless_scales_with_its_capacity_units() -> None:
    of = cost(stack("staging"), replace(USAGE, load_percent=0))

    assert expected(of, "database", "database instances (serverless)") == Decimal("43.80")


def test_spot_nodes_cost_less() -> None:
    prod = stack("prod")
    spot = changed(prod, urn_of(prod, "NodeGroup", "cluster-nodes"), capacityType="SPOT")

    assert cost(spot, USAGE).expected < cost(prod, USAGE).expected


def test_a_reader_that_goes_is_saved() -> None:
    prod = stack("prod")
    less = without(prod, urn_of(prod, "ClusterInstance", "database-reader-a"))

    saved = cost(prod, USAGE).expected - cost(less, USAGE).expected

    assert saved == Decimal("201.48") + Decimal("21.90")  # the instance, and the proxy's part


@settings(max_examples=40, deadline=None)
@given(graphs(), USAGES)
def test_sums_match_and_estimates_are_in_order(of: Graph, usage: Usage) -> None:
    found = cost(of, usage)

    assert found.low == sum(line.low for line in found.lines)
    assert found.expected == sum(each[1] for each in found.by_part().values())
    assert found.high == sum(line.high for line in found.lines)
    assert all(0 <= line.low <= line.expected <= line.high for line in found.lines)


@settings(max_examples=40, deadline=None)
@given(graphs(), USAGES, st.integers(0, 10**9), st.floats(0, 10**3))
def test_more_users_never_cost_less(of: Graph, usage: Usage, more: int, gib: float) -> None:
    busier = replace(
        usage,
        monthly_requests=usage.monthly_requests + more,
        database_gib=usage.database_gib + gib,
        log_gib=usage.log_gib + gib,
    )

    assert cost(of, busier).expected >= cost(of, usage).expected
    assert cost(of, busier).low == cost(of, usage).low


@settings(max_examples=40, deadline=None)
@given(graphs(), st.data())
def test_one_resource_more_never_costs_less(of: Graph, data: st.DataObject) -> None:
    if not of:
        return
    fewer = without(of, data.draw(st.sampled_from(sorted(of))))

    # What all log groups take is divided among them: a cent a resource may be lost by rounding.
    assert cost(of, USAGE).expected >= cost(fewer, USAGE).expected - Decimal("0.01") * len(of)


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_every_resource_is_priced_or_free_or_named(of: Graph) -> None:
    alone = {urn: cost({urn: each}, USAGE) for urn, each in of.items()}

    assert {"nobody:knows/this:Type"} & {n.type for n in of.values()} == {
        name for found in alone.values() for name in found.unpriced if name.startswith("nobody")
    }
