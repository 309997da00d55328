"""Rows of EC2's further ways out: egress-only gateways, network interfaces of instances."""

from stackyard.local.aws.ec2_arns import arn_of
from stackyard.local.aws.spec import Call, Spec, row


def _switches(call: Call) -> None:
    if call.due("sourceDestCheck"):
        wanted = {"Value": bool(call.props.get("sourceDestCheck", True))}
        name = "modify_network_interface_attribute"
        call.do(name, NetworkInterfaceId=call.id, SourceDestCheck=wanted)


ROWS: tuple[Spec, ...] = (
    row(
        "ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
        "ec2",
        "egress_only_internet_gateway",
        "EgressOnlyInternetGatewayId",
        update="",
        tag_type="egress-only-internet-gateway",
        replacing=("vpcId",),
        kept=("vpcId",),
    ),
    row(
        "ec2/networkInterface:NetworkInterface",
        "ec2",
        "network_interface",
        "NetworkInterfaceId",
        update="",
        **arn_of("network-interface"),
        rename={"securityGroups": "Groups"},
        attrs={"privateIp": "PrivateIpAddress"},
        replacing=("subnetId",),
        # moto describes the groups as structures.
        kept=("securityGroups",),
        settle=(_switches,),
    ),
)
