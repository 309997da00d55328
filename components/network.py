"""Network: the VPC with its three tiers, ways out, flow log and the security groups tiers share."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stacks.cidr import Tier, zone_blocks
from stacks.iam import allows, trusts
from stacks.settings import NetworkSettings

ANYWHERE = "0.0.0.0/0"
HTTPS_PORT, DNS_PORT = 443, 53
BALANCER_TAGS: dict[Tier, dict[str, str]] = {
    "public": {"kubernetes.io/role/elb": "1"},
    "app": {"kubernetes.io/role/internal-elb": "1"},
    "data": {},
}
"""How EKS and its load balancer controller find subnets (EKS user guide, "Subnet tagging")."""
SHORT = {"elasticloadbalancing": "elb"}
"""Services whose name leaves a logical name no room for the random suffix."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """All of it is shape: the network is made first and depends on nothing."""

    region: str
    """AWS region; with a zone's letter it names the availability zone."""
    settings: NetworkSettings
    log_days: int
    """Days the flow log is kept."""


_Subnets = dict[Tier, dict[str, aws.ec2.Subnet]]
"""By tier and logical name, in the order of the zones."""


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
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
            opts=inside,
        )
        self.vpc_id = vpc.id
        # AWS's default group lets everything in it talk; taken over without rules, it closes.
        aws.ec2.DefaultSecurityGroup(f"{name}-closed", vpc_id=vpc.id, opts=inside)
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags={"Name": name}, opts=inside)
        subnets = _subnets(self, name, args)
        nats = _nats(self, name, args, gateway=gateway, subnets=subnets["public"])
        app_tables = _routes(self, name, gateway=gateway, nats=list(nats), subnets=subnets)

        self.zones = pulumi.Output.from_input([f"{args.region}{z}" for z in args.settings.zones])
        self.public_subnet_ids = _ids(subnets["public"])
        self.app_subnet_ids = _ids(subnets["app"])
        self.data_subnet_ids = _ids(subnets["data"])
        self.app_security_group_id = _app_group(self, name).id
        self.load_balancer_security_group_id = _group(self, f"{name}-balancer", "Load balancer").id
        self.nat_ips = pulumi.Output.all(*(address.public_ip for address in nats.values()))
        self.s3_endpoint_id = _endpoints(self, name, args, route_tables=app_tables).id
        _flow_log(self, name, args)
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "zones": self.zones,
                "publicSubnetIds": self.public_subnet_ids,
                "appSubnetIds": self.app_subnet_ids,
                "dataSubnetIds": self.data_subnet_ids,
                "appSecurityGroupId": self.app_security_group_id,
                "loadBalancerSecurityGroupId": self.load_balancer_security_group_id,
                "natIps": self.nat_ips,
                "s3EndpointId": self.s3_endpoint_id,
            }
        )


def _ids(subnets: dict[str, aws.ec2.Subnet]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*(subnet.id for subnet in subnets.values()))


def _subnets(network: Network, name: str, args: NetworkArgs) -> _Subnets:
    subnets: _Subnets = {"public": {}, "app": {}, "data": {}}
    for index, letter in enumerate(args.settings.zones):
        blocks = zone_blocks(args.settings.cidr, index)
        for tier, of_tier in subnets.items():
            subnet_name = f"{name}-{tier}-{letter}"
            of_tier[subnet_name] = aws.ec2.Subnet(
                subnet_name,
                vpc_id=network.vpc_id,
                availability_zone=f"{args.region}{letter}",
                cidr_block=getattr(blocks, tier),
                map_public_ip_on_launch=False,
                tags={"Name": subnet_name, **BALANCER_TAGS[tier]},
                opts=pulumi.ResourceOptions(parent=network),
            )
    return subnets


def _nats(
    network: Network,
    name: str,
    args: NetworkArgs,
    *,
    gateway: aws.ec2.InternetGateway,
    subnets: dict[str, aws.ec2.Subnet],
) -> dict[aws.ec2.NatGateway, aws.ec2.Eip]:
    zones = args.settings.zones
    count = {"single": 1, "perZone": len(zones)}[args.settings.nat]
    # An address can be used, and a NAT gateway works, once the VPC has its internet gateway.
    opts = pulumi.ResourceOptions(parent=network, depends_on=[gateway])
    nats: dict[aws.ec2.NatGateway, aws.ec2.Eip] = {}
    for letter, subnet in list(zip(zones, subnets.values(), strict=True))[:count]:
        nat_name = f"{name}-nat-{letter}"
        tags = {"Name": nat_name}
        address = aws.ec2.Eip(nat_name, domain="vpc", tags=tags, opts=opts)
        nat = aws.ec2.NatGateway(
            nat_name, subnet_id=subnet.id, allocation_id=address.id, tags=tags, opts=opts
        )
        nats[nat] = address
    return nats


def _routes(
    network: Network,
    name: str,
    *,
    gateway: aws.ec2.InternetGateway,
    nats: list[aws.ec2.NatGateway],
    subnets: _Subnets,
) -> list[aws.ec2.RouteTable]:
    """Every tier's tables and routes; gives the app tier's tables."""
    opts = pulumi.ResourceOptions(parent=network)
    public = _table(network, f"{name}-public", subnets["public"])
    aws.ec2.Route(
        f"{name}-public",
        route_table_id=public.id,
        destination_cidr_block=ANYWHERE,
        gateway_id=gateway.id,
        opts=opts,
    )
    _table(network, f"{name}-data", subnets["data"])
    # A table a zone even with one NAT gateway, so that going to one a zone changes routes only.
    tables: list[aws.ec2.RouteTable] = []
    for index, (app_name, subnet) in enumerate(subnets["app"].items()):
        table = _table(network, app_name, {app_name: subnet})
        tables.append(table)
        aws.ec2.Route(
            app_name,
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE,
            nat_gateway_id=nats[index % len(nats)].id,
            opts=opts,
        )
    return tables


def _table(network: Network, name: str, subnets: dict[str, aws.ec2.Subnet]) -> aws.ec2.RouteTable:
    opts = pulumi.ResourceOptions(parent=network)
    table = aws.ec2.RouteTable(name, vpc_id=network.vpc_id, tags={"Name": name}, opts=opts)
    for subnet_name, subnet in subnets.items():
        aws.ec2.RouteTableAssociation(
            subnet_name, route_table_id=table.id, subnet_id=subnet.id, opts=opts
        )
    return table


def _group(network: Network, name: str, description: str) -> aws.ec2.SecurityGroup:
    opts = pulumi.ResourceOptions(parent=network)
    return aws.ec2.SecurityGroup(
        name, vpc_id=network.vpc_id, description=description, tags={"Name": name}, opts=opts
    )


def _app_group(network: Network, name: str) -> aws.ec2.SecurityGroup:
    group = _group(network, f"{name}-app", "Nodes and the pods on them")
    opts = pulumi.ResourceOptions(parent=network)
    aws.vpc.SecurityGroupEgressRule(
        f"{name}-app-https",
        security_group_id=group.id,
        description="AWS APIs and the image registry, by endpoint or NAT gateway",
        ip_protocol="tcp",
        from_port=HTTPS_PORT,
        to_port=HTTPS_PORT,
        cidr_ipv4=ANYWHERE,
        opts=opts,
    )
    # The VPC's own resolver passes any group; this is a pod asking CoreDNS on another node.
    for protocol in ("tcp", "udp"):
        for rule in (aws.vpc.SecurityGroupEgressRule, aws.vpc.SecurityGroupIngressRule):
            rule(
                f"{name}-app-dns-{protocol}",
                security_group_id=group.id,
                referenced_security_group_id=group.id,
                description="Cluster DNS between nodes",
                ip_protocol=protocol,
                from_port=DNS_PORT,
                to_port=DNS_PORT,
                opts=opts,
            )
    return group


def _endpoints(
    network: Network, name: str, args: NetworkArgs, *, route_tables: list[aws.ec2.RouteTable]
) -> aws.ec2.VpcEndpoint:
    """The interface endpoints and S3's gateway endpoint; gives the latter."""
    opts = pulumi.ResourceOptions(parent=network)
    services = args.settings.interface_endpoints
    if services:
        group = _group(network, f"{name}-endpoints", "Interface endpoints")
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-endpoints",
            security_group_id=group.id,
            referenced_security_group_id=network.app_security_group_id,
            description="AWS APIs for nodes and pods",
            ip_protocol="tcp",
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
            opts=opts,
        )
        for service in services:
            aws.ec2.VpcEndpoint(
                f"{name}-{SHORT.get(service, service.replace('.', '-'))}",
                vpc_id=network.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=network.app_subnet_ids,
                security_group_ids=[group.id],
                opts=opts,
            )
    return aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=network.vpc_id,
        service_name=f"com.amazonaws.{args.region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in route_tables],
        opts=opts,
    )


def _flow_log(network: Network, name: str, args: NetworkArgs) -> None:
    log_name, opts = f"{name}-flow", pulumi.ResourceOptions(parent=network)
    group = aws.cloudwatch.LogGroup(log_name, retention_in_days=args.log_days, opts=opts)
    role = aws.iam.Role(log_name, assume_role_policy=trusts("vpc-flow-logs"), opts=opts)
    aws.iam.RolePolicy(log_name, role=role.id, policy=group.arn.apply(_may_write_to), opts=opts)
    aws.ec2.FlowLog(
        log_name,
        vpc_id=network.vpc_id,
        traffic_type=args.settings.flow_logs,
        log_destination=group.arn,
        iam_role_arn=role.arn,
        # AWS takes one flow log a destination: the next one would not be made beside it.
        opts=pulumi.ResourceOptions(parent=network, delete_before_replace=True),
    )


def _may_write_to(log_group_arn: str) -> str:
    verbs = ["CreateLogStream", "PutLogEvents", "DescribeLogStreams"]
    return allows(
        {"Action": [f"logs:{verb}" for verb in verbs], "Resource": [f"{log_group_arn}:*"]},
        # A list of all groups: IAM takes no single one for it.
        {"Action": "logs:DescribeLogGroups", "Resource": "*"},
    )
