"""Network: the VPC with its three tiers, ways out, flow log and the security groups tiers share."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._flow_log import flow_log
from components._nat import NatArgs, ways_out
from components._network_endpoints import EndpointsArgs, endpoints
from components._network_groups import app_group, group
from components._tiers import make_routes, make_routes_v6, make_subnets, make_tables
from stacks.network_settings import NetworkSettings


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """All of it is shape: the network is made first and depends on nothing."""

    region: str
    """AWS region; with a zone's letter it names the availability zone."""
    settings: NetworkSettings
    log_days: int
    """Days the flow log is kept."""


class Network(pulumi.ComponentResource):
    """A VPC whose data tier has no route to the internet.

    Subnets of every tier stand in the order of the zones.
    """

    vpc_id: pulumi.Output[str]
    """The VPC."""
    zones: pulumi.Output[list[str]]
    """Availability zones, as `network.zones` lists them."""
    public_subnet_ids: pulumi.Output[list[str]]
    """NAT gateways stand here; nothing in them gets a public address by itself."""
    app_subnet_ids: pulumi.Output[list[str]]
    """Nodes, pods and the internal load balancer."""
    data_subnet_ids: pulumi.Output[list[str]]
    """Database and cache."""
    app_security_group_id: pulumi.Output[str]
    """Worn by the nodes; what database, cache and load balancer name in their rules."""
    load_balancer_security_group_id: pulumi.Output[str]
    """Worn by the load balancer, whose part adds its rules."""
    nat_ips: pulumi.Output[list[str]]
    """Addresses the stack speaks from."""
    s3_endpoint_id: pulumi.Output[str]
    """Gateway endpoint that keeps traffic to S3 off the NAT gateways."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Network", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)

        vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.settings.cidr,
            assign_generated_ipv6_cidr_block=True if args.settings.ipv6 else None,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
            opts=inside,
        )
        self.vpc_id = vpc.id
        # AWS's default group lets everything in it talk; taken over without rules, it closes.
        aws.ec2.DefaultSecurityGroup(f"{name}-closed", vpc_id=vpc.id, opts=inside)
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags={"Name": name}, opts=inside)
        subnets = make_subnets(name, vpc, args.region, args.settings, inside)
        app = app_group(name, vpc.id, ipv6=args.settings.ipv6, inside=inside)
        nat = NatArgs(
            kind=args.settings.nat,
            region=args.region,
            vpc_id=vpc.id,
            subnets=dict(zip(args.settings.zones, subnets["public"].values(), strict=True)),
            gateway=gateway,
            client_group_id=app.id,
        )
        ways, addresses = ways_out(name, nat, parent=self)
        tables = make_tables(name, vpc.id, subnets, inside)
        make_routes(tables, gateway, ways, inside)
        if args.settings.ipv6:
            make_routes_v6(name, vpc.id, tables, gateway, inside)

        self.zones = pulumi.Output.from_input([f"{args.region}{z}" for z in args.settings.zones])
        self.public_subnet_ids = _ids(subnets["public"])
        self.app_subnet_ids = _ids(subnets["app"])
        self.data_subnet_ids = _ids(subnets["data"])
        self.app_security_group_id = app.id
        balancer = group(f"{name}-balancer", vpc.id, "Load balancer", inside)
        self.load_balancer_security_group_id = balancer.id
        self.nat_ips = pulumi.Output.all(*(address.public_ip for address in addresses))
        inner = EndpointsArgs(
            region=args.region,
            services=args.settings.interface_endpoints,
            vpc_id=vpc.id,
            subnet_ids=self.app_subnet_ids,
            client_group_id=app.id,
            route_tables=list(tables.app.values()),
        )
        self.s3_endpoint_id = endpoints(name, inner, inside).id
        traffic, days = args.settings.flow_logs, args.log_days
        flow_log(name, vpc.id, traffic=traffic, days=days, parent=self)
        self.register_outputs(_outputs(self))


def _outputs(network: Network) -> dict[str, pulumi.Output[object]]:
    return {
        "vpcId": network.vpc_id,
        "zones": network.zones,
        "publicSubnetIds": network.public_subnet_ids,
        "appSubnetIds": network.app_subnet_ids,
        "dataSubnetIds": network.data_subnet_ids,
        "appSecurityGroupId": network.app_security_group_id,
        "loadBalancerSecurityGroupId": network.load_balancer_security_group_id,
        "natIps": network.nat_ips,
        "s3EndpointId": network.s3_endpoint_id,
    }


def _ids(subnets: dict[str, aws.ec2.Subnet]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*(subnet.id for subnet in subnets.values()))
