"""Rows of EC2's network: VPC, subnets and the ways out."""

from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from stackyard.local.aws.connection import ACCOUNT, search
from stackyard.local.aws.ec2_arns import arn_of, ec2_arn
from stackyard.local.aws.names import as_list
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

VPC_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
    "enableNetworkAddressUsageMetrics": "EnableNetworkAddressUsageMetrics",
}
SUBNET_ATTRIBUTES = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
}


def _attributes(call: Call, method: str, key: str, names: dict[str, str]) -> None:
    for name, member in names.items():
        if call.due(name) and call.props.get(name) is not None:
            call.do(method, **{key: call.id, member: {"Value": bool(call.props[name])}})


def _vpc(call: Call) -> JsonObject | None:
    found: list[JsonObject] = call.do("describe_vpcs", VpcIds=[call.id])["Vpcs"]
    if not found:
        return None
    vpc = found[0]
    for name in ("enableDnsSupport", "enableDnsHostnames"):
        member = VPC_ATTRIBUTES[name]
        answer = call.do("describe_vpc_attribute", VpcId=call.id, Attribute=name)
        vpc[member] = answer[member]["Value"]
    return vpc


def _vpc_outputs(call: Call, vpc: JsonObject) -> JsonObject:
    here = [{"Name": "vpc-id", "Values": [call.id]}]
    groups = call.do("describe_security_groups", Filters=here)["SecurityGroups"]
    tables = call.do("describe_route_tables", Filters=here)["RouteTables"]
    acls = call.do("describe_network_acls", Filters=here)["NetworkAcls"]
    main = search("[?Associations[?Main]].RouteTableId | [0]", tables)
    return {
        "arn": ec2_arn(call, "vpc"),
        "ownerId": ACCOUNT,
        "defaultSecurityGroupId": search("[?GroupName=='default'].GroupId | [0]", groups),
        "mainRouteTableId": main,
        "defaultRouteTableId": main,
        "defaultNetworkAclId": search("[?IsDefault].NetworkAclId | [0]", acls),
        "dhcpOptionsId": vpc.get("DhcpOptionsId"),
        "ipv6CidrBlock": search("Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock", vpc) or "",
    }


def _vpc_v6(call: Call) -> None:
    """Give a VPC that stands already its block."""
    name = "assignGeneratedIpv6CidrBlock"
    if call.olds is not None and call.due(name) and call.props.get(name):
        call.do("associate_vpc_cidr_block", VpcId=call.id, AmazonProvidedIpv6CidrBlock=True)


def _subnet_v6(call: Call) -> None:
    """Give a subnet that stands already its block."""
    if call.olds is not None and call.due("ipv6CidrBlock") and call.props.get("ipv6CidrBlock"):
        block = call.props["ipv6CidrBlock"]
        call.do("associate_subnet_cidr_block", SubnetId=call.id, Ipv6CidrBlock=block)


def _attach_gateway(call: Call) -> None:
    old = (call.olds or {}).get("vpcId")
    if not call.due("vpcId"):
        return
    if old:
        call.do("detach_internet_gateway", InternetGatewayId=call.id, VpcId=old)
    if call.props.get("vpcId"):
        call.do("attach_internet_gateway", InternetGatewayId=call.id, VpcId=call.props["vpcId"])


def _detach_gateway(call: Call) -> None:
    if call.props.get("vpcId"):
        call.do("detach_internet_gateway", InternetGatewayId=call.id, VpcId=call.props["vpcId"])


def _regional(call: Call, arguments: JsonObject) -> None:
    """Stand for a regional gateway, which moto lacks, by a zonal one with the first address."""
    if call.olds is not None or call.props.get("availabilityMode") != "regional":
        return
    here = [{"Name": "vpc-id", "Values": [arguments.pop("VpcId")]}]
    subnets = call.do("describe_subnets", Filters=here)["Subnets"]
    addresses = arguments.pop("AvailabilityZoneAddresses")
    arguments |= {
        "SubnetId": min(subnet["SubnetId"] for subnet in subnets),
        "AllocationId": search("[0].AllocationIds[0]", addresses),
    }
    del arguments["AvailabilityMode"]


def _address_of_interface(call: Call) -> None:
    if call.due("networkInterface"):
        interface = call.props.get("networkInterface")
        call.do("associate_address", AllocationId=call.id, NetworkInterfaceId=interface)


def _end_nat(call: Call) -> None:
    """Delete the gateway and, as AWS does, its network interface and the hold on its address."""
    gateways = call.do("describe_nat_gateways", NatGatewayIds=[call.id])["NatGateways"]
    call.do("delete_nat_gateway", NatGatewayId=call.id)
    for address in as_list(search("[0].NatGatewayAddresses", gateways)):
        _free(call, "disassociate_address", AssociationId=address.get("AssociationId"))
        _free(call, "delete_network_interface", NetworkInterfaceId=address["NetworkInterfaceId"])


def _free(call: Call, method: str, **arguments: Any) -> None:
    if not all(arguments.values()):
        return
    try:
        call.do(method, **arguments)
    except ClientError as error:
        if "NotFound" not in str(error):
            raise


ROWS: tuple[Spec, ...] = (
    row(
        "ec2/vpc:Vpc",
        "ec2",
        "vpc",
        "VpcId",
        update="",
        tag_type="vpc",
        defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
        describe=_vpc,
        outputs=_vpc_outputs,
        rename={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"},
        replacing=("cidrBlock",),
        settle=(
            _vpc_v6,
            partial(_attributes, method="modify_vpc_attribute", key="VpcId", names=VPC_ATTRIBUTES),
        ),
    ),
    row(
        "ec2/subnet:Subnet",
        "ec2",
        "subnet",
        "SubnetId",
        update="",
        **arn_of("subnet"),
        replacing=("cidrBlock", "vpcId", "availabilityZone"),
        attrs={"ipv6CidrBlock": "Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock"},
        settle=(
            _subnet_v6,
            partial(
                _attributes,
                method="modify_subnet_attribute",
                key="SubnetId",
                names=SUBNET_ATTRIBUTES,
            ),
        ),
    ),
    row(
        "ec2/internetGateway:InternetGateway",
        "ec2",
        "internet_gateway",
        "InternetGatewayId",
        update="",
        **arn_of("internet-gateway"),
        attrs={"vpcId": "Attachments[0].VpcId"},
        settle=(_attach_gateway,),
        before_delete=(_detach_gateway,),
    ),
    row(
        "ec2/eip:Eip",
        "ec2",
        "address",
        "AllocationId",
        create="allocate_address",
        read="describe_addresses",
        update="",
        delete="release_address",
        defaults={"domain": "vpc"},
        settle=(_address_of_interface,),
        rename={"networkInterface": "NetworkInterfaceId"},
        **arn_of("elastic-ip"),
    ),
    row(
        "ec2/natGateway:NatGateway",
        "ec2",
        "nat_gateway",
        "NatGatewayId",
        update="",
        tag_type="natgateway",
        gone="State == 'deleted'",
        delete_call=_end_nat,
        defaults={"connectivityType": "public"},
        arrange=_regional,
        kept=("availabilityMode", "availabilityZoneAddresses", "vpcId"),
        replacing=("subnetId", "allocationId", "connectivityType", "availabilityMode", "vpcId"),
        attrs={
            "publicIp": "NatGatewayAddresses[0].PublicIp",
            "privateIp": "NatGatewayAddresses[0].PrivateIp",
            "networkInterfaceId": "NatGatewayAddresses[0].NetworkInterfaceId",
            "associationId": "NatGatewayAddresses[0].AssociationId",
        },
    ),
)
