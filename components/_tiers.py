"""The three tiers of a VPC: their subnets in each zone, their route tables and ways out."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components._nat import Way
from components._network_groups import ANYWHERE, ANYWHERE_V6
from stacks.cidr import Tier, zone_blocks, zone_blocks_v6
from stacks.network_settings import NetworkSettings

BALANCER_TAGS: dict[Tier, dict[str, str]] = {
    "public": {"kubernetes.io/role/elb": "1"},
    "app": {"kubernetes.io/role/internal-elb": "1"},
    "data": {},
}
"""How EKS and its load balancer controller find subnets (EKS user guide, "Subnet tagging")."""

Subnets = dict[Tier, dict[str, aws.ec2.Subnet]]
"""By tier and logical name, in the order of the zones."""


def make_subnets(
    name: str,
    vpc: aws.ec2.Vpc,
    region: str,
    settings: NetworkSettings,
    inside: pulumi.ResourceOptions,
) -> Subnets:
    """One a tier and zone; a new zone at the end moves none."""
    subnets: Subnets = {"public": {}, "app": {}, "data": {}}
    for index, letter in enumerate(settings.zones):
        blocks = zone_blocks(settings.cidr, index)
        for tier, of_tier in subnets.items():
            subnet_name = f"{name}-{tier}-{letter}"
            of_tier[subnet_name] = aws.ec2.Subnet(
                subnet_name,
                vpc_id=vpc.id,
                availability_zone=f"{region}{letter}",
                cidr_block=getattr(blocks, tier),
                ipv6_cidr_block=_block_v6(vpc, index, tier) if settings.ipv6 else None,
                # Only nodes speak IPv6: in the other tiers nothing has a use for an address.
                assign_ipv6_address_on_creation=tier == "app" if settings.ipv6 else None,
                map_public_ip_on_launch=False,
                tags={"Name": subnet_name, **BALANCER_TAGS[tier]},
                opts=inside,
            )
    return subnets


def _block_v6(vpc: aws.ec2.Vpc, index: int, tier: Tier) -> pulumi.Output[str]:
    return vpc.ipv6_cidr_block.apply(lambda block: getattr(zone_blocks_v6(block, index), tier))


class Tables(NamedTuple):
    """Route tables by logical name; the data tier's has no route."""

    public: dict[str, aws.ec2.RouteTable]
    app: dict[str, aws.ec2.RouteTable]


def make_tables(
    name: str, vpc_id: pulumi.Input[str], subnets: Subnets, inside: pulumi.ResourceOptions
) -> Tables:
    """One table for the public tier, one for the data tier, one a zone for the app tier."""
    public, data = f"{name}-public", f"{name}-data"
    public_table = _table(public, vpc_id, subnets["public"], inside)
    _table(data, vpc_id, subnets["data"], inside)
    # One a zone even with one NAT gateway, so that going to one a zone changes routes only.
    app = {
        app_name: _table(app_name, vpc_id, {app_name: subnet}, inside)
        for app_name, subnet in subnets["app"].items()
    }
    return Tables({public: public_table}, app)


def _table(
    name: str,
    vpc_id: pulumi.Input[str],
    subnets: Mapping[str, aws.ec2.Subnet],
    inside: pulumi.ResourceOptions,
) -> aws.ec2.RouteTable:
    table = aws.ec2.RouteTable(name, vpc_id=vpc_id, tags={"Name": name}, opts=inside)
    for subnet_name, subnet in subnets.items():
        aws.ec2.RouteTableAssociation(
            subnet_name, route_table_id=table.id, subnet_id=subnet.id, opts=inside
        )
    return table


def make_routes(
    tables: Tables,
    gateway: aws.ec2.InternetGateway,
    ways: Sequence[Way],
    inside: pulumi.ResourceOptions,
) -> None:
    """The public tier by the internet gateway, the app tier's zones by their way out."""
    for name, table in tables.public.items():
        aws.ec2.Route(
            name,
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=inside,
        )
    for index, (name, table) in enumerate(tables.app.items() if ways else ()):
        way = ways[index % len(ways)]
        aws.ec2.Route(
            name,
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=way.nat_gateway_id,
            network_interface_id=way.network_interface_id,
            opts=inside,
        )


def make_routes_v6(
    name: str,
    vpc_id: pulumi.Input[str],
    tables: Tables,
    gateway: aws.ec2.InternetGateway,
    inside: pulumi.ResourceOptions,
) -> None:
    """IPv6: the public tier by the internet gateway, the app tier by one that lets nobody in."""
    for table_name, table in tables.public.items():
        aws.ec2.Route(
            f"{table_name}-v6",
            route_table_id=table.id,
            destination_ipv6_cidr_block=ANYWHERE_V6,
            gateway_id=gateway.id,
            opts=inside,
        )
    outward = aws.ec2.EgressOnlyInternetGateway(
        f"{name}-v6", vpc_id=vpc_id, tags={"Name": f"{name}-v6"}, opts=inside
    )
    for table_name, table in tables.app.items():
        aws.ec2.Route(
            f"{table_name}-v6",
            route_table_id=table.id,
            destination_ipv6_cidr_block=ANYWHERE_V6,
            egress_only_gateway_id=outward.id,
            opts=inside,
        )
