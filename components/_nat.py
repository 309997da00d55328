"""Ways out of the app tier: NAT gateways a zone or for the region, an instance, or none."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from components._network_groups import group, https_from, out_by_https
from stacks.network_settings import Nat

INSTANCE_TYPE = "t4g.nano"
"""5 Gbit/s in bursts, 32 Mbit/s for good (EC2 instance types, "Network specifications")."""
INSTANCE_IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
"""EC2 looks it up when the instance starts (EC2 user guide, "Use a Systems Manager parameter
instead of an AMI ID in a launch template")."""
ROOT_DEVICE, ROOT_GIB = "/dev/xvda", 8
FORWARDING = """\
#!/bin/bash
set -euo pipefail
until dnf install --assumeyes iptables-services; do sleep 5; done
systemctl enable --now iptables
echo net.ipv4.ip_forward=1 > /etc/sysctl.d/90-nat.conf
sysctl --system
out=$(ip -4 route show default | awk '{ print $5; exit }')
iptables --table nat --append POSTROUTING --out-interface "$out" --jump MASQUERADE
iptables --flush FORWARD
service iptables save
"""
"""Amazon VPC user guide, "Work with NAT instances"."""


@dataclass(frozen=True, kw_only=True)
class NatArgs:
    """What kind, between whom and what."""

    kind: Nat
    region: str
    vpc_id: pulumi.Input[str]
    subnets: Mapping[str, aws.ec2.Subnet]
    """Public ones by the letter of their zone."""
    gateway: aws.ec2.InternetGateway
    client_group_id: pulumi.Input[str]
    """Who may go out by an instance; gateways have no security group."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a route leads: one of the two."""

    nat_gateway_id: pulumi.Output[str] | None = None
    network_interface_id: pulumi.Output[str] | None = None


class Ways(NamedTuple):
    """Ways out, and the addresses the internet sees."""

    ways: Sequence[Way]
    """One for all zones, one a zone, or none."""
    addresses: Sequence[aws.ec2.Eip]


def ways_out(name: str, args: NatArgs, *, parent: pulumi.Resource) -> Ways:
    """Make what `network.nat` asks for."""
    match args.kind:
        case "none":
            return Ways([], [])
        case "instance":
            return _instance(name, args, parent)
        case "regional":
            return _regional(name, args, parent)
        case _:  # single, perZone
            return _zonal(name, args, parent)


def _zonal(name: str, args: NatArgs, parent: pulumi.Resource) -> Ways:
    opts = _after_gateway(args, parent)
    letters = list(args.subnets)[: 1 if args.kind == "single" else None]
    ways: list[Way] = []
    addresses: list[aws.ec2.Eip] = []
    for letter in letters:
        nat_name = f"{name}-nat-{letter}"
        address = _address(nat_name, opts)
        nat = aws.ec2.NatGateway(
            nat_name,
            subnet_id=args.subnets[letter].id,
            allocation_id=address.id,
            tags={"Name": nat_name},
            opts=opts,
        )
        ways.append(Way(nat_gateway_id=nat.id))
        addresses.append(address)
    return Ways(ways, addresses)


def _regional(name: str, args: NatArgs, parent: pulumi.Resource) -> Ways:
    opts = _after_gateway(args, parent)
    # Own addresses, in AWS's manual mode: it would choose others whenever it spreads.
    addresses = {letter: _address(f"{name}-out-{letter}", opts) for letter in args.subnets}
    nat = aws.ec2.NatGateway(
        f"{name}-nat",
        availability_mode="regional",
        vpc_id=args.vpc_id,
        availability_zone_addresses=[
            {"availability_zone": f"{args.region}{letter}", "allocation_ids": [address.id]}
            for letter, address in addresses.items()
        ],
        tags={"Name": f"{name}-nat"},
        opts=opts,
    )
    return Ways([Way(nat_gateway_id=nat.id)], list(addresses.values()))


def _instance(name: str, args: NatArgs, parent: pulumi.Resource) -> Ways:
    nat_name, inside = f"{name}-nat", pulumi.ResourceOptions(parent=parent)
    worn = group(nat_name, args.vpc_id, "NAT instance", inside)
    https_from(nat_name, worn, args.client_group_id, "What nodes and pods send out", inside)
    out_by_https(nat_name, worn, "The internet, for nodes and pods", inside)
    # It outlives the instance, and with it the routes and the address.
    interface = aws.ec2.NetworkInterface(
        nat_name,
        subnet_id=next(iter(args.subnets.values())).id,
        security_groups=[worn.id],
        source_dest_check=False,
        tags={"Name": nat_name},
        opts=inside,
    )
    address = _address(nat_name, _after_gateway(args, parent), interface=interface)
    template = _launch_template(nat_name, inside)
    aws.ec2.Instance(
        nat_name,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        primary_network_interface={"network_interface_id": interface.id},
        tags={"Name": nat_name},
        # It fetches a package at its first start, by its address; and two cannot wear one
        # interface.
        opts=pulumi.ResourceOptions(
            parent=parent, depends_on=[address], delete_before_replace=True
        ),
    )
    return Ways([Way(network_interface_id=interface.id)], [address])


def _launch_template(name: str, inside: pulumi.ResourceOptions) -> aws.ec2.LaunchTemplate:
    return aws.ec2.LaunchTemplate(
        name,
        image_id=INSTANCE_IMAGE,
        instance_type=INSTANCE_TYPE,
        user_data=b64encode(FORWARDING.encode()).decode(),
        metadata_options={"http_endpoint": "enabled", "http_tokens": "required"},
        block_device_mappings=[
            {
                "device_name": ROOT_DEVICE,
                "ebs": {"encrypted": "true", "volume_type": "gp3", "volume_size": ROOT_GIB},
            }
        ],
        update_default_version=True,
        opts=inside,
    )


def _address(
    name: str,
    opts: pulumi.ResourceOptions,
    *,
    interface: aws.ec2.NetworkInterface | None = None,
) -> aws.ec2.Eip:
    return aws.ec2.Eip(
        name,
        domain="vpc",
        network_interface=interface.id if interface else None,
        tags={"Name": name},
        opts=opts,
    )


def _after_gateway(args: NatArgs, parent: pulumi.Resource) -> pulumi.ResourceOptions:
    # An address can be used, and a NAT gateway works, once the VPC has its internet gateway.
    return pulumi.ResourceOptions(parent=parent, depends_on=[args.gateway])
