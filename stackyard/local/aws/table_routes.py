"""Rows of EC2's route tables: routes, and which subnets follow them."""

from stackyard.local.aws.connection import search
from stackyard.local.aws.ec2_arns import arn_of
from stackyard.local.aws.names import as_list
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

DESTINATIONS = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
}


def _route_id(props: JsonObject) -> str:
    return "_".join([props["routeTableId"], *(props[k] for k in DESTINATIONS if props.get(k))])


def _redirect(call: Call) -> None:
    if call.olds is None or not call.due(*TARGETS):
        return
    target = {m: call.props[k] for k, m in TARGETS.items() if call.props.get(k)}
    table = call.props["routeTableId"]
    call.do("replace_route", RouteTableId=table, **_destination(call), **target)


def _destination(call: Call) -> JsonObject:
    given = {m: call.props[k] for k, m in DESTINATIONS.items() if call.props.get(k)}
    if given or "_" not in call.id:
        return given
    block = call.id.split("_", 1)[1]
    return {f"Destination{'Ipv6' if ':' in block else ''}CidrBlock": block}


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


ROWS: tuple[Spec, ...] = (
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
        rename=TARGETS,
        settle=(_redirect,),
        delete_call=_delete_route,
        id_of=_route_id,
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
