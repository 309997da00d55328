"""The network's ways out: NAT of every kind, IPv6, and what a new zone leaves as it is."""

from base64 import b64decode
from ipaddress import IPv6Network
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks.network_settings import ZONE_LETTERS, Nat
from stackyard.graph.recorder import Graph
from tests.graph.consequences import consequences
from tests.graph.examples import network, routes
from tests.graph.stacks import graph_of, stack_config, with_section

OUT, OUT_V6 = "0.0.0.0/0", "::/0"


def ways(graph: Graph) -> dict[str, str]:
    """Names of NAT gateway or network interface by the app tier's table."""
    made = [*graph.all("NatGateway"), *graph.all("NetworkInterface")]
    names = {reg.id: reg.name for reg in made}
    return {
        table: names[route.get("natGatewayId") or route["networkInterfaceId"]]
        for (table, destination), route in routes(graph).items()
        if table.startswith("network-app-") and destination == OUT
    }


def nat_ips(graph: Graph) -> list[str]:
    return graph.component_outputs[graph.one("Network").urn]["natIps"]


@pytest.mark.row("N3", "network.nat")
@pytest.mark.parametrize(
    ("nat", "gateways"),
    [
        ("single", {"network-app-a": "network-nat-a", "network-app-b": "network-nat-a"}),
        ("perZone", {"network-app-a": "network-nat-a", "network-app-b": "network-nat-b"}),
        ("none", {}),
    ],
)
def test_n3_one_gateway_one_a_zone_or_none(nat: str, gateways: dict[str, str]) -> None:
    graph = network(zones=("a", "b"), nat=nat)

    assert ways(graph) == gateways
    assert {r.name for r in graph.all("NatGateway")} == {*gateways.values()}
    assert len(graph.all("Eip")) == len(nat_ips(graph)) == len({*gateways.values()})


@pytest.mark.row("N3", "network.nat")
def test_n3_without_a_gateway_the_app_tier_has_no_route_to_the_internet() -> None:
    graph = network(nat="none")

    assert {table for table, _ in routes(graph)} == {"network-public"}


def test_nat_gateways_wait_for_the_internet_gateway() -> None:
    graph = network()

    assert graph.one("InternetGateway").urn in graph.one("NatGateway").depends


@pytest.mark.row("N4", "network.nat")
def test_n4_a_regional_gateway_serves_every_zone_from_an_address_of_its_own_there() -> None:
    graph = network(zones=("a", "b"), nat="regional")

    nat, addresses = graph.one("NatGateway").inputs, graph.all("Eip")
    assert ways(graph) == {"network-app-a": "network-nat", "network-app-b": "network-nat"}
    assert (nat["availabilityMode"], nat["vpcId"]) == ("regional", graph.one("Vpc").id)
    assert not {"subnetId", "allocationId"} & {*nat}
    assert nat["availabilityZoneAddresses"] == [
        {"availabilityZone": "eu-west-1a", "allocationIds": [addresses[0].id]},
        {"availabilityZone": "eu-west-1b", "allocationIds": [addresses[1].id]},
    ]
    assert nat_ips(graph) == [address.outputs["publicIp"] for address in addresses]


@pytest.mark.row("N4", "network.nat")
def test_n4_an_instance_passes_on_what_is_not_its_own() -> None:
    graph = network(zones=("a", "b"), nat="instance")

    interface, instance = graph.one("NetworkInterface"), graph.one("Instance")
    assert ways(graph) == {"network-app-a": "network-nat", "network-app-b": "network-nat"}
    assert interface.inputs["sourceDestCheck"] is False
    assert instance.inputs["primaryNetworkInterface"]["networkInterfaceId"] == interface.id
    assert graph.one("Eip").inputs["networkInterface"] == interface.id
    assert graph.all("NatGateway") == []


@pytest.mark.row("N4", "network.nat")
def test_n4_an_instance_forwards_with_the_newest_image_and_has_its_address_before_it_starts() -> (
    None
):
    graph = network(nat="instance")

    template, instance = graph.one("LaunchTemplate").inputs, graph.one("Instance")
    assert template["imageId"].startswith("resolve:ssm:/aws/service/ami-amazon-linux-latest/")
    assert "--jump MASQUERADE" in b64decode(template["userData"]).decode()
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert graph.one("Eip").urn in instance.depends
    assert instance.opts["deleteBeforeReplace"] is True


@pytest.mark.row("N4", "network.nat")
def test_n4_only_nodes_send_through_an_instance_and_by_https_alone() -> None:
    graph = network(nat="instance")

    app = graph.named("SecurityGroup", "network-app").id
    worn = graph.named("SecurityGroup", "network-nat").id
    into = graph.named("SecurityGroupIngressRule", "network-nat").inputs
    out = graph.named("SecurityGroupEgressRule", "network-nat").inputs
    assert graph.one("NetworkInterface").inputs["securityGroups"] == [worn]
    assert (into["referencedSecurityGroupId"], into["fromPort"], into["toPort"]) == (app, 443, 443)
    assert (out["cidrIpv4"], out["fromPort"], out["toPort"]) == (OUT, 443, 443)


@pytest.mark.row("N7", "network.ipv6")
def test_n7_every_subnet_has_a_block_of_the_vpcs_own_and_nodes_an_address() -> None:
    graph = network(zones=("a", "b"), ipv6=True)

    blocks = {r.name: r.inputs["ipv6CidrBlock"] for r in graph.all("Subnet")}
    vpc = IPv6Network(graph.one("Vpc").outputs["ipv6CidrBlock"])
    assert graph.one("Vpc").inputs["assignGeneratedIpv6CidrBlock"] is True
    assert blocks["network-app-b"] == "2600:1f18:12ab:3404::/64"
    assert len({*blocks.values()}) == len(blocks) == 6
    assert all(IPv6Network(block).subnet_of(vpc) for block in blocks.values())
    assert {r.name for r in graph.all("Subnet") if r.inputs["assignIpv6AddressOnCreation"]} == {
        "network-app-a",
        "network-app-b",
    }


@pytest.mark.row("N7", "network.ipv6")
def test_n7_the_app_tier_goes_out_by_ipv6_and_nobody_comes_in() -> None:
    graph = network(zones=("a", "b"), ipv6=True)

    by_v6 = {table: route for (table, to), route in routes(graph).items() if to == OUT_V6}
    outward = graph.one("EgressOnlyInternetGateway").id
    assert {table: route.get("egressOnlyGatewayId") for table, route in by_v6.items()} == {
        "network-public": None,
        "network-app-a": outward,
        "network-app-b": outward,
    }
    rule = graph.named("SecurityGroupEgressRule", "network-app-https-v6").inputs
    assert (rule["cidrIpv6"], rule["fromPort"], rule["toPort"]) == (OUT_V6, 443, 443)
    assert not [r for r in graph.all("SecurityGroupIngressRule") if "cidrIpv6" in r.inputs]


@pytest.mark.row("N7", "network.ipv6")
def test_n7_ipv6_comes_to_a_network_that_stands_without_replacing_any_of_it() -> None:
    changed = consequences(network(), network(ipv6=True))

    assert (changed.replaced, changed.deleted) == ({}, frozenset())


def test_without_it_no_subnet_speaks_ipv6() -> None:
    graph = network()

    assert not [r.name for r in graph.all("Subnet") if "ipv6CidrBlock" in r.inputs]
    assert graph.all("EgressOnlyInternetGateway") == []


letters = st.lists(st.sampled_from(ZONE_LETTERS), min_size=3, max_size=4, unique=True)
networks = st.fixed_dictionaries(
    {
        "cidr": st.sampled_from(["10.0.0.0/16", "172.16.32.0/19", "192.168.16.0/20"]),
        "nat": st.sampled_from(get_args(Nat)),
        "ipv6": st.booleans(),
    }
)


@pytest.mark.row("N2", "")
@pytest.mark.ask(23)
@pytest.mark.sweep
@settings(max_examples=12, deadline=None)
@given(letters, networks)
def test_n2_one_zone_more_moves_no_subnet_and_replaces_nothing(
    zones: list[str], given_settings: dict[str, Any]
) -> None:
    before = network(zones=tuple(zones[:-1]), **given_settings)
    after = network(zones=tuple(zones), **given_settings)

    changed = {before[urn].name for urn in before if after[urn].inputs != before[urn].inputs}
    done = consequences(before, after)
    # S3's endpoint joins the new zone's table and a regional gateway the new zone, in place.
    assert changed <= {"network-s3", "network-nat"}
    assert (done.replaced, done.deleted) == ({}, frozenset())


@pytest.mark.row("N2", "")
@pytest.mark.ask(23)
def test_n2_one_zone_more_leaves_all_that_holds_data_or_an_address(prod: Graph) -> None:
    zones = {"stackyard:network": {"zones": ["a", "b", "c", "d"]}}

    done = consequences(prod, graph_of("prod", config={**stack_config("prod"), **zones}))

    # AWS changes the subnets of a node group and of a proxy by a new one, made before the old goes;
    # the new proxy has a new name, which is in the secret, which pods start with.
    assert {urn.split("::")[-2].split(":")[-1] for urn in done.replaced} == {
        *("NodeGroup", "LogGroup", "RandomId"),
        *("Proxy", "ProxyDefaultTargetGroup", "ProxyEndpoint", "ProxyTarget"),
        *("Secret", "Deployment"),
    }
    assert done.deleted == frozenset()


@pytest.mark.row("N3", "network.nat")
def test_n3_a_stack_without_a_way_out_takes_all_its_images_from_ecr() -> None:
    config = with_section("prod", "network", nat="none")
    ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com/api@sha256:" + "0" * 64
    config["stackyard:app"] = {**config["stackyard:app"], "image": ecr}

    graph = graph_of("prod", config=config)

    (release,) = graph.all("Release")
    images = [release.inputs["values"]["image"]["repository"], ecr]
    assert graph.all("NatGateway") == []
    assert all(".dkr.ecr.us-east-1.amazonaws.com/" in image for image in images)
