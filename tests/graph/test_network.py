"""The network: tiers, ways out, and what the shared security groups let through."""

import inspect
import json
from typing import get_args

import pytest
from pydantic.alias_generators import to_camel

from components.network import Network
from stacks.network_settings import NodeEndpoint
from tests.graph.examples import network, routes

ENDPOINTS = get_args(NodeEndpoint)


@pytest.mark.row("N1", "")
def test_n1_every_zone_has_three_tiers_in_its_own_part_of_the_block() -> None:
    graph = network(zones=("a", "c"), cidr="10.20.0.0/16")

    blocks = {
        r.name: (r.inputs["availabilityZone"], r.inputs["cidrBlock"]) for r in graph.all("Subnet")
    }
    assert blocks == {
        "network-public-a": ("eu-west-1a", "10.20.48.0/21"),
        "network-app-a": ("eu-west-1a", "10.20.0.0/19"),
        "network-data-a": ("eu-west-1a", "10.20.32.0/20"),
        "network-public-c": ("eu-west-1c", "10.20.112.0/21"),
        "network-app-c": ("eu-west-1c", "10.20.64.0/19"),
        "network-data-c": ("eu-west-1c", "10.20.96.0/20"),
    }


def test_no_subnet_gives_public_addresses() -> None:
    assert {r.inputs["mapPublicIpOnLaunch"] for r in network().all("Subnet")} == {False}


@pytest.mark.row("N1", "")
def test_n1_the_data_tier_has_no_route_out() -> None:
    graph = network(zones=("a", "b"), nat="perZone", ipv6=True)

    assert {table for table, _ in routes(graph)} == {
        "network-public",
        "network-app-a",
        "network-app-b",
    }


def test_every_subnet_is_tied_to_the_table_of_its_tier() -> None:
    graph = network(zones=("a", "b"))

    tables = {table.id: table.name for table in graph.all("RouteTable")}
    subnets = {subnet.id: subnet.name for subnet in graph.all("Subnet")}
    ties = {
        subnets[r.inputs["subnetId"]]: tables[r.inputs["routeTableId"]]
        for r in graph.all("RouteTableAssociation")
    }
    assert ties == {
        "network-public-a": "network-public",
        "network-public-b": "network-public",
        "network-app-a": "network-app-a",
        "network-app-b": "network-app-b",
        "network-data-a": "network-data",
        "network-data-b": "network-data",
    }


@pytest.mark.row("N9", "")
@pytest.mark.ask(22)
def test_n9_load_balancers_find_their_subnets_by_tag() -> None:
    graph = network(zones=("a", "b"))

    tagged = {r.name: {*r.inputs["tags"]} - {"Name"} for r in graph.all("Subnet")}
    assert tagged["network-public-a"] == {"kubernetes.io/role/elb"}
    assert tagged["network-app-b"] == {"kubernetes.io/role/internal-elb"}
    assert tagged["network-data-a"] == set()


@pytest.mark.row("N8", "")
def test_n8_the_default_security_group_is_closed() -> None:
    graph = network()

    closed = graph.one("DefaultSecurityGroup")
    assert closed.inputs == {"vpcId": graph.one("Vpc").id}


@pytest.mark.row("N10", "")
@pytest.mark.ask(32)
def test_n10_rules_are_resources_of_their_own() -> None:
    graph = network(interface_endpoints=ENDPOINTS)

    assert not [r.name for r in graph.all("SecurityGroup") if {"ingress", "egress"} & {*r.inputs}]


@pytest.mark.row("N10", "")
def test_n10_nothing_lets_an_address_in() -> None:
    graph = network(interface_endpoints=ENDPOINTS)

    assert not [r.name for r in graph.all("SecurityGroupIngressRule") if "cidrIpv4" in r.inputs]


def test_nodes_reach_the_outside_by_https_only() -> None:
    graph = network()

    to_addresses = [
        r.inputs for r in graph.all("SecurityGroupEgressRule") if "cidrIpv4" in r.inputs
    ]
    (rule,) = to_addresses
    assert (rule["securityGroupId"], rule["ipProtocol"]) == (
        graph.named("SecurityGroup", "network-app").id,
        "tcp",
    )
    assert (rule["fromPort"], rule["toPort"]) == (443, 443)


def test_cluster_dns_passes_between_nodes_both_ways() -> None:
    graph = network()

    app = graph.named("SecurityGroup", "network-app").id
    for type_ in ("SecurityGroupIngressRule", "SecurityGroupEgressRule"):
        rules = [r.inputs for r in graph.all(type_) if r.inputs["fromPort"] == 53]
        assert {(r["securityGroupId"], r["referencedSecurityGroupId"]) for r in rules} == {
            (app, app)
        }
        assert sorted(r["ipProtocol"] for r in rules) == ["tcp", "udp"]


@pytest.mark.row("N5", "")
def test_n5_s3_is_reached_from_every_app_table() -> None:
    graph = network(zones=("a", "b", "c"))

    s3 = graph.named("VpcEndpoint", "network-s3").inputs
    app_tables = [r.id for r in graph.all("RouteTable") if r.name.startswith("network-app-")]
    assert (s3["vpcEndpointType"], s3["serviceName"]) == ("Gateway", "com.amazonaws.eu-west-1.s3")
    assert s3["routeTableIds"] == app_tables


@pytest.mark.row("N5", "network.interfaceEndpoints")
def test_n5_interface_endpoints_stand_in_the_app_tier_and_let_only_nodes_in() -> None:
    graph = network(zones=("a", "b"), interface_endpoints=("ecr.api", "sts"))

    group = graph.named("SecurityGroup", "network-endpoints").id
    made = [
        r.inputs for r in graph.all("VpcEndpoint") if r.inputs["vpcEndpointType"] == "Interface"
    ]
    (rule,) = [
        r.inputs
        for r in graph.all("SecurityGroupIngressRule")
        if r.inputs["securityGroupId"] == group
    ]
    assert [e["serviceName"].split(".", 3)[3] for e in made] == ["ecr.api", "sts"]
    assert all(e["securityGroupIds"] == [group] and e["privateDnsEnabled"] for e in made)
    assert rule["referencedSecurityGroupId"] == graph.named("SecurityGroup", "network-app").id
    assert rule["fromPort"] == rule["toPort"] == 443


@pytest.mark.row("N6", "")
def test_n6_the_flow_log_may_write_to_its_own_log_group_only() -> None:
    graph = network(flow_logs="ALL")

    log, group = graph.one("FlowLog").inputs, graph.one("LogGroup")
    write, listing = json.loads(graph.one("RolePolicy").inputs["policy"])["Statement"]
    trust = json.loads(graph.one("Role").inputs["assumeRolePolicy"])["Statement"][0]["Principal"]
    assert (log["trafficType"], log["logDestination"]) == ("ALL", group.outputs["arn"])
    assert group.inputs["retentionInDays"] == 30
    assert write["Resource"] == [f"{group.outputs['arn']}:*"]
    assert (listing["Action"], listing["Resource"]) == ("logs:DescribeLogGroups", "*")
    assert trust == {"Service": ["vpc-flow-logs.amazonaws.com"]}


def test_every_annotated_output_is_registered() -> None:
    graph = network(preview=True)

    names = {to_camel(name) for name in inspect.get_annotations(Network)}
    assert {*graph.component_outputs[graph.one("Network").urn]} == names


def test_preview_shows_the_graph_that_up_makes() -> None:
    assert {*network(preview=True)} == {*network()}
