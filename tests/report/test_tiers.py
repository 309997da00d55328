"""The model of a picture: which tiers there are, what flows, what changes."""

from stackyard.report.graph import Node
from stackyard.report.places import PLACES, place_of
from stackyard.report.tiers import Box, Tiers, tiers
from tests.report.stacks import changed, graph, newest, node, stack, urn_of, without


def box(of: Tiers, key: str) -> Box:
    (found,) = [each for each in of.boxes if each.place.key == key]
    return found


def test_prod_has_every_tier_of_the_guide() -> None:
    prod = stack("prod")

    assert {each.place.key for each in tiers(prod, prod).boxes} >= {
        *("dns", "waf", "cdn", "site", "balancer", "blue", "green", "jobs", "nodes", "cluster"),
        *("proxy", "writer", "readers", "cache", "network", "security", "watch"),
    }


def test_nothing_of_our_stacks_stands_with_the_others() -> None:
    for each in (stack("prod"), *newest()):
        assert [n.urn for n in each.values() if place_of(n, each) == "other"] == []


def test_what_makes_nodes_stands_with_them() -> None:
    karpenter, auto = (tiers(each, each) for each in newest())

    assert box(karpenter, "nodes").details == ["m8g.large", "3–9 nodes · Karpenter"]
    assert box(auto, "nodes").details == ["0–9 nodes · Auto Mode"]


def test_a_serverless_cache_says_how_large_it_may_be() -> None:
    karpenter = newest()[0]

    assert box(tiers(karpenter, karpenter), "cache").details == [
        "Valkey 8",
        "serverless · up to 5 GB",
    ]


def test_every_resource_is_counted_once() -> None:
    prod = stack("prod")
    resources = [n for n in prod.values() if n.custom and not n.type.startswith("pulumi:")]

    assert sum(each.resources for each in tiers(prod, prod).boxes) == len(resources)


def test_sizes_stand_in_the_boxes() -> None:
    model = tiers(stack("prod"), stack("prod"))

    assert box(model, "nodes").details == ["m8g.large", "3–9 nodes"]
    assert box(model, "cache").details == ["Valkey 8.0", "3 × cache.r7g.large"]
    assert box(model, "network").details[0] == "10.20.0.0/16 · 3 zones"


def test_requests_reach_the_database_through_the_proxy_where_there_is_one() -> None:
    flows = {(flow.source, flow.target) for flow in tiers(stack("prod"), stack("prod")).flows}

    assert {("blue", "proxy"), ("proxy", "writer"), ("proxy", "readers")} <= flows
    assert ("blue", "writer") not in flows


def test_requests_reach_the_writer_itself_where_there_is_no_proxy() -> None:
    small = stack("staging")

    assert ("blue", "writer") in {(f.source, f.target) for f in tiers(small, small).flows}


def test_weights_stand_at_the_slots_and_nothing_flows_at_none() -> None:
    flows = {f.target: f for f in tiers(stack("prod"), stack("prod")).flows}

    assert (flows["blue"].label, flows["blue"].idle) == ("100 %", False)
    assert (flows["green"].label, flows["green"].idle) == ("0 %", True)


def test_boxes_without_a_dependency_between_them_have_no_line() -> None:
    apart = graph(
        node("aws:cloudfront/distribution:Distribution", "cdn"),
        node("aws:lb/loadBalancer:LoadBalancer", "balancer"),
    )

    assert {f.source for f in tiers(apart, apart).flows} == {"users"}


def test_users_come_in_where_nothing_calls_for_them() -> None:
    gateway = node("aws:apigateway/restApi:RestApi", "rest")
    balancer = node("aws:lb/loadBalancer:LoadBalancer", "balancer", internal=True)
    behind = node("aws:cloudfront/distribution:Distribution", "cdn", "rest")
    beside = node("aws:cloudfront/distribution:Distribution", "cdn")

    def entrances(*nodes: Node) -> set[str]:
        flows = tiers(graph(*nodes), graph(*nodes)).flows
        return {flow.target for flow in flows if flow.source == "users"}

    assert entrances(gateway, balancer, behind) == {"cdn"}
    assert entrances(gateway, balancer, beside) == {"cdn", "gateway"}


def test_a_first_deployment_makes_every_box() -> None:
    model = tiers({}, stack("prod"))

    assert {each.operation for each in model.boxes} == {"create"}


def test_a_stack_as_it_stands_changes_nothing() -> None:
    model = tiers(stack("prod"), stack("prod"))

    assert {each.operation for each in model.boxes} == {None}
    assert model.changes == {}


def test_a_replaced_database_is_said_to_lose_data() -> None:
    prod = stack("prod")
    urn = urn_of(prod, "Cluster", "database")
    model = tiers(prod, changed(prod, urn, databaseName="other"), {urn})

    assert box(model, "writer").operation == "replace"
    assert box(model, "writer").loses_data
    assert [each.place.key for each in model.boxes if each.loses_data] == ["writer"]


def test_a_tier_that_goes_stays_in_the_picture() -> None:
    prod = stack("prod")
    less = prod
    for type_, name in (
        ("ClusterInstance", "database-reader-a"),
        ("Policy", "database-readers-cpu"),
        ("Target", "database-readers"),
    ):
        less = without(less, urn_of(prod, type_, name))
    model = tiers(prod, less)

    assert box(model, "readers").operation == "delete"
    assert box(model, "readers").details == ["db.r8g.large"]


def test_the_change_of_a_part_is_an_update_of_its_box() -> None:
    prod = stack("prod")
    urn = urn_of(prod, "Deployment", "api-blue")
    model = tiers(prod, changed(prod, urn, more=1))

    assert box(model, "blue").operation == "update"
    assert box(model, "blue").changes == {"update": 1}
    assert box(model, "blue").changed == ["api-blue"]


def test_every_place_has_a_key_of_its_own() -> None:
    assert len({place.key for place in PLACES}) == len(PLACES)
