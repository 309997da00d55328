"""Rows of EC2's network: VPC, subnets, routes and the ways out."""

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
    }


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


DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


def _destination(call: Call) -> JsonObject:
    given = {m: call.props[k] for k, m in DESTINATIONS.items() if call.props.get(k)}
    if given or "_" not in call.id:
        return given
    return {"DestinationCidrBlock": call.id.split("_", 1)[1]}


def _route(call: Call) -> JsonObject | None:
    table = call.props.get("routeTableId") or call.id.split("_", 1)[0]
    tables = call.do("describe_route_tables", RouteTableIds=[table])["RouteTables"]
    wanted = _destination(call)
    routes: list[JsonObject] = as_list(search("[0].Routes", tables))
    return next((r for r in routes if all(r.get(k) == v for k, v in wanted.items())), None)


def _delete_route(call: Call) -> None:
    call.do("delete_route", RouteTableId=call.props["routeTableId"], **_destination(call))


def _association(call: Call) -> JsonObject | None:
    subnet = call.props.get("subnetId")
    by = "subnet-id" if subnet else "route-table-association-id"
    # Unfiltered, the answer grows with the program, and so does each association's time.
    only = [{"Name": f"association.{by}", "Values": [subnet or call.id]}]
    tables: list[JsonObject] = call.do("describe_route_tables", Filters=only)["RouteTables"]
    for table in tables:
        for association in table.get("Associations", []):
            same = association.get("SubnetId") == subnet if subnet else False
            if same or association["RouteTableAssociationId"] == call.id:
                return association
    return None


def _reassociate(call: Call) -> None:
    if call.olds is None or not call.due("routeTableId"):
        return
    found = _association(call)
    if found:
        call.do(
            "replace_route_table_association",
            AssociationId=found["RouteTableAssociationId"],
            RouteTableId=call.props["routeTableId"],
        )


def _disassociate(call: Call) -> None:
    found = _association(call)
    if found:
        call.do("disassociate_route_table", AssociationId=found["RouteTableAssociationId"])


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
        replacing=("cidrBlock",),
        settle=(
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
        settle=(
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
        replacing=("subnetId", "allocationId", "connectivityType"),
        attrs={
            "publicIp": "NatGatewayAddresses[0].PublicIp",
            "privateIp": "NatGatewayAddresses[0].PrivateIp",
            "networkInterfaceId": "NatGatewayAddresses[0].NetworkInterfaceId",
            "associationId": "NatGatewayAddresses[0].AssociationId",
        },
    ),
    row(
        "ec2/routeTable:RouteTable",
        "ec2",
        "route_table",
        "RouteTableId",
        update="",
        **arn_of("route-table"),
        replacing=("vpcId",),
    ),
    Spec(
        pulumi_type="aws:ec2/route:Route",
        service="ec2",
        create="create_route",
        describe=_route,
        update="replace_route",
        whole_update=True,
        delete_call=_delete_route,
        keys=("RouteTableId", "DestinationCidrBlock"),
        separator="_",
        replacing=("routeTableId", *DESTINATIONS),
        attrs={"state": "State", "origin": "Origin"},
    ),
    Spec(
        pulumi_type="aws:ec2/routeTableAssociation:RouteTableAssociation",
        service="ec2",
        create="associate_route_table",
        describe=_association,
        settle=(_reassociate,),
        delete_call=_disassociate,
        keys=("AssociationId",),
        replacing=("subnetId", "gatewayId"),
        in_place=("routeTableId",),
    ),
)
