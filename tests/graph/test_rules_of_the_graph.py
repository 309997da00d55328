"""What holds for every stack's graph, whatever the parts are."""

from fnmatch import fnmatch

import pytest

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg, is_custom
from stackyard.report.duration import MINUTES, VPC_ORIGIN, critical_path
from stackyard.report.recorded import nodes_of
from tests.graph.reachability import (
    cache_groups,
    database_groups,
    load_balancer_groups,
    pod_groups,
    reaches,
)
from tests.graph.stacks import graph_of

DATA = {
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:kms/key:Key",
    "aws:rds/cluster:Cluster",
    "random:index/randomId:RandomId",
    "random:index/randomPassword:RandomPassword",
}
"""What cannot be made again with the same content: data, its keys, its passwords, its name."""


POOLS = (":EC2NodeClass", ":NodeClass", ":NodePool")
"""What makes nodes: it ends before the cluster, which would leave its machines running."""


def rules_of_eks_group(graph: Graph) -> list[Reg]:
    """Rules of the group that comes and goes with the cluster."""
    group = graph.one("aws:eks/cluster:Cluster").outputs["vpcConfig"]["clusterSecurityGroupId"]
    rules = graph.all("SecurityGroupIngressRule")
    return [rule for rule in rules if rule.inputs["securityGroupId"] == group]


def custom(graph: Graph) -> list[Reg]:
    return [reg for reg in graph.values() if is_custom(reg)]


def test_every_resource_has_a_component_as_its_parent(graph: Graph) -> None:
    components = {reg.urn for reg in graph.values() if reg.type.startswith("stackyard:index:")}

    assert [reg.urn for reg in custom(graph) if reg.parent not in components] == []


def test_logical_names_leave_room_for_the_random_suffix(graph: Graph) -> None:
    assert [reg.name for reg in graph.values() if len(reg.name) > 24] == []


def test_every_resource_is_made_by_an_explicit_provider(graph: Graph) -> None:
    providers = {r.urn for r in graph.values() if r.type.startswith("pulumi:providers:")}
    ours = [reg for reg in custom(graph) if not reg.type.startswith("random:")]

    assert [reg.urn for reg in ours if reg.provider not in providers] == []


def test_one_account_and_the_tags_of_the_owner_in_every_stack(graphs: dict[str, Graph]) -> None:
    given = {stack: graph.one("pulumi:providers:aws").inputs for stack, graph in graphs.items()}

    assert {inputs["allowedAccountIds"] for inputs in given.values()} == {'["123456789012"]'}
    assert all(
        f'"{tag}"' in inputs["defaultTags"]
        for inputs in given.values()
        for tag in ("project", "stack", "managed-by", "owner", "cost-center")
    )


def test_instances_carry_the_tags_that_they_do_not_inherit(graph: Graph) -> None:
    # Auto Mode has no template: its class of nodes carries them.
    templates = graph.all("LaunchTemplate")
    wanted = {"project", "stack", "managed-by", "owner", "cost-center"}
    tagged = [
        wanted <= set(given["tags"])
        for template in templates
        for given in template.inputs["tagSpecifications"]
    ]

    assert tagged == [True, True] * len(templates)


def test_nothing_waits_for_a_whole_component(graph: Graph) -> None:
    families = {
        component.urn: {reg.urn for reg in graph.children(component.urn)}
        for component in graph.values()
        if component.type.startswith("stackyard:index:")
    }
    waits = [
        (reg.name, urn.rpartition("::")[2])
        for reg in custom(graph)
        for urn, family in families.items()
        if reg.urn not in family and len(family) > 1 and family <= reg.depends
    ]

    assert waits == []


def test_protected_is_what_cannot_be_made_again(prod: Graph) -> None:
    protected = {reg.type for reg in custom(prod) if reg.opts.get("protect")}

    assert protected == DATA


def test_nothing_is_protected_where_the_stack_is_not(staging: Graph) -> None:
    assert [reg.urn for reg in staging.values() if reg.opts.get("protect")] == []


def test_what_is_inside_the_cluster_goes_with_it(graph: Graph) -> None:
    cluster = graph.one("aws:eks/cluster:Cluster").urn
    inside = [reg for reg in graph.values() if reg.type.startswith("kubernetes:")]
    ends_with = {reg.urn: reg.opts.get("deletedWith") for reg in inside}
    pools = {reg.urn: None for reg in inside if reg.type.endswith(POOLS)}

    assert ends_with == {**dict.fromkeys(ends_with, cluster), **pools}


def test_nothing_is_made_in_the_cluster_before_somebody_has_the_right(graph: Graph) -> None:
    (provider,) = (r for r in graph.values() if r.type == "pulumi:providers:kubernetes")
    rights = {
        reg.urn
        for reg in graph.all("AccessPolicyAssociation")
        # Who looks, and nodes, make nothing.
        if reg.inputs["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")
    }
    inside = {reg.provider for reg in graph.values() if reg.type.startswith("kubernetes:")}

    assert inside == {provider.urn}
    assert rights <= provider.depends


def test_nothing_outside_the_cluster_goes_with_it(graph: Graph) -> None:
    inside = ("kubernetes:", "aws:eks/addon:", "aws:eks/access")
    own = {rule.urn for rule in rules_of_eks_group(graph)}
    outside = [
        reg for reg in graph.values() if not reg.type.startswith(inside) and reg.urn not in own
    ]

    # The master's secret is RDS's own: its rotation ends with the database.
    database = graph.one("aws:rds/cluster:Cluster").urn
    ends_with = {reg.name: reg.opts["deletedWith"] for reg in outside if "deletedWith" in reg.opts}
    assert set(ends_with.items()) <= {("database-master", database)}


@pytest.mark.parametrize("stack", ["prod", "staging", "local"])
def test_preview_shows_the_graph_that_up_makes(stack: str, graphs: dict[str, Graph]) -> None:
    preview = graph_of(stack, preview=True)

    assert sorted(preview) == sorted(graphs[stack])


def names_of(reg: Reg) -> list[str]:
    """The name given to it, by itself or in the block that AWS keeps the name in."""
    blocks = [v for k, v in reg.inputs.items() if k.endswith("Config") and isinstance(v, dict)]
    return [block["name"] for block in (reg.inputs, *blocks) if "name" in block]


def test_names_are_left_to_pulumi_but_for_a_few(graph: Graph) -> None:
    fixed = {
        (reg.type.split(":")[-1], name)
        for reg in custom(graph)
        if reg.type.startswith("aws:")
        for name in names_of(reg)
        # Names that say what is meant, not what the resource is called.
        if reg.type.split(":")[-1] not in {"Record", "ProxyDefaultTargetGroup"}
    }

    by_hand = [kind for kind, name in fixed if not fnmatch(name, "*1a2b3c4*")]
    # The program asks for the ledger before it has made anything.
    assert by_hand == ["Parameter"]


def test_the_load_balancer_reaches_the_pods_and_nobody_else_does(graph: Graph) -> None:
    balancer, pods = load_balancer_groups(graph), pod_groups(graph)

    assert reaches(graph, balancer, pods, port=5000, protocol="tcp")
    assert not reaches(graph, database_groups(graph), pods, port=5000, protocol="tcp")
    assert not reaches(graph, balancer, database_groups(graph), port=3306, protocol="tcp")


def test_pods_reach_database_cache_and_dns(graph: Graph) -> None:
    pods = pod_groups(graph)

    assert reaches(graph, pods, database_groups(graph), port=3306, protocol="tcp")
    assert reaches(graph, pods, cache_groups(graph), port=6379, protocol="tcp")
    assert reaches(graph, pods, pods, port=53, protocol="udp")
    assert reaches(graph, pods, pods, port=53, protocol="tcp")


def test_pods_with_the_groups_of_eks_alone_reach_no_database(graph: Graph) -> None:
    app = graph.named("SecurityGroup", "network-app").id
    own = [group for group in pod_groups(graph) if group != app]

    assert len(own) == 1
    assert not reaches(graph, own, database_groups(graph), port=3306, protocol="tcp")


def test_pods_reach_the_proxy_and_the_proxy_the_database(prod: Graph) -> None:
    proxy = prod.one("aws:rds/proxy:Proxy").inputs["vpcSecurityGroupIds"]

    assert reaches(prod, pod_groups(prod), proxy, port=3306, protocol="tcp")
    assert reaches(prod, proxy, database_groups(prod), port=3306, protocol="tcp")


def test_only_cloudfront_reaches_the_load_balancer(graph: Graph) -> None:
    balancer = load_balancer_groups(graph)
    rules = [
        rule.inputs
        for rule in graph.all("SecurityGroupIngressRule")
        if rule.inputs["securityGroupId"] in balancer
    ]

    assert [rule["prefixListId"] for rule in rules] == ["pl-3b927c52"]


def test_nothing_in_the_network_is_open_to_everyone(graph: Graph) -> None:
    # EKS's own group lets named networks in to a private endpoint.
    own = rules_of_eks_group(graph)
    rules = [rule for rule in graph.all("SecurityGroupIngressRule") if rule not in own]

    assert [rule.name for rule in rules if {"cidrIpv4", "cidrIpv6"} & set(rule.inputs)] == []


def test_first_deployment_of_prod_takes_fifteen_minutes_before_the_vpc_origin(prod: Graph) -> None:
    longest = critical_path(nodes_of(prod), MINUTES)

    assert longest.minutes <= 15, f"{longest.minutes:.1f} minutes: {' > '.join(longest.path)}"


def test_the_vpc_origin_adds_no_more_than_what_cloudfront_and_the_rule_take_after_it(
    prod: Graph,
) -> None:
    longest = critical_path(nodes_of(prod), {**MINUTES, **VPC_ORIGIN})
    print(f"with the VPC origin {longest.minutes:.1f} min: {longest.path}")  # noqa: T201  # for -rP

    assert longest.minutes <= 21
    assert longest.path[-4:-1] == (
        "site (VpcOrigin)",
        "site (Distribution)",
        "balancer-production (ListenerRule)",
    )


def test_a_careless_dependency_is_seen_in_the_critical_path(
    prod: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = prod.one("aws:eks/cluster:Cluster")
    nats = {nat.urn for nat in prod.all("NatGateway")}
    before = critical_path(nodes_of(prod), MINUTES).minutes

    # Other tests look at this graph too.
    monkeypatch.setattr(cluster, "depends", cluster.depends | nats)
    after = critical_path(nodes_of(prod), MINUTES).minutes

    assert after - before == pytest.approx(2.05, abs=0.3)
