"""AWS's own services inside the VPC: interface endpoints and S3's gateway endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components._network_groups import group, https_from

SHORT = {"elasticloadbalancing": "elb"}
"""Services whose name leaves a logical name no room for the random suffix."""


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs:
    """Which services, and whom they answer."""

    region: str
    services: Sequence[str]
    """With an interface endpoint, by AWS's short name."""
    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    client_group_id: pulumi.Input[str]
    route_tables: Sequence[aws.ec2.RouteTable]
    """Whose subnets reach S3 by its gateway endpoint."""


def endpoints(
    name: str, args: EndpointsArgs, inside: pulumi.ResourceOptions
) -> aws.ec2.VpcEndpoint:
    """The interface endpoints and S3's gateway endpoint; gives the latter."""
    if args.services:
        made = group(f"{name}-endpoints", args.vpc_id, "Interface endpoints", inside)
        about = "AWS APIs for nodes and pods"
        https_from(f"{name}-endpoints", made, args.client_group_id, about, inside)
        for service in args.services:
            aws.ec2.VpcEndpoint(
                f"{name}-{SHORT.get(service, service.replace('.', '-'))}",
                vpc_id=args.vpc_id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=args.subnet_ids,
                security_group_ids=[made.id],
                opts=inside,
            )
    return aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=args.vpc_id,
        service_name=f"com.amazonaws.{args.region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[table.id for table in args.route_tables],
        opts=inside,
    )
