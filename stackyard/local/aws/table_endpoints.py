"""Rows of VPC endpoints, flow logs and launch templates."""

from stackyard.local.aws.connection import ACCOUNT, search
from stackyard.local.aws.ec2_arns import arn_of, ec2_arn
from stackyard.local.aws.names import to_aws
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

LAUNCH_RENAMES = {
    "vpcSecurityGroupIds": "SecurityGroupIds",
    "securityGroupNames": "SecurityGroups",
    "blockDeviceMappings": "BlockDeviceMappings",
}
LAUNCH_TOP = {"name", "namePrefix", "tags", "description", "updateDefaultVersion", "defaultVersion"}


def _endpoint_outputs(call: Call, found: JsonObject) -> JsonObject:
    out: JsonObject = {"arn": ec2_arn(call, "vpc-endpoint"), "ownerId": ACCOUNT}
    if found.get("VpcEndpointType") == "Gateway":
        name = [{"Name": "prefix-list-name", "Values": [found["ServiceName"]]}]
        lists = call.do("describe_managed_prefix_lists", Filters=name)["PrefixLists"]
        out["prefixListId"] = search("[0].PrefixListId", lists) or "pl-63a5400a"
        out["cidrBlocks"] = ["52.216.0.0/15"]
    entries = search("DnsEntries[].{dnsName: DnsName, hostedZoneId: HostedZoneId}", found)
    return {**out, "dnsEntries": entries or []}


ENDPOINT_SETS = {
    "routeTableIds": "RouteTableIds",
    "subnetIds": "SubnetIds",
    "securityGroupIds": "SecurityGroupIds",
}


def _endpoint_sets(call: Call, arguments: JsonObject) -> None:
    if call.olds is None:
        return
    for name, member in ENDPOINT_SETS.items():
        arguments.pop(member, None)
        old, new = set(call.olds.get(name) or ()), set(call.props.get(name) or ())
        if new - old:
            arguments[f"Add{member}"] = sorted(new - old)
        if old - new:
            arguments[f"Remove{member}"] = sorted(old - new)


def _flow_log(call: Call, arguments: JsonObject) -> None:
    targets = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}
    for name, kind in targets.items():
        if call.props.get(name):
            arguments |= {"ResourceIds": [call.props[name]], "ResourceType": kind}


def _launch_data(call: Call, arguments: JsonObject) -> None:
    shape = call.aws.input_shape("ec2", "create_launch_template").members["LaunchTemplateData"]
    given = {k: v for k, v in call.props.items() if k not in LAUNCH_TOP}
    arguments["LaunchTemplateData"] = to_aws(shape, given, LAUNCH_RENAMES, set())
    if call.props.get("description"):
        arguments["VersionDescription"] = call.props["description"]


def _new_launch_version(call: Call) -> None:
    if call.olds is None or all(
        call.props.get(k) == call.olds.get(k)
        for k in (call.props.keys() | call.olds.keys()) - LAUNCH_TOP | {"description"}
    ):
        return
    arguments: JsonObject = {"LaunchTemplateId": call.id}
    _launch_data(call, arguments)
    made = call.do("create_launch_template_version", **arguments)["LaunchTemplateVersion"]
    if call.props.get("updateDefaultVersion"):
        number = str(made["VersionNumber"])
        call.do("modify_launch_template", LaunchTemplateId=call.id, DefaultVersion=number)


def _launch_outputs(call: Call, found: JsonObject) -> JsonObject:
    return {
        "arn": ec2_arn(call, "launch-template"),
        "latestVersion": found["LatestVersionNumber"],
        "defaultVersion": found["DefaultVersionNumber"],
    }


def _end_endpoint(call: Call) -> None:
    call.do("delete_vpc_endpoints", VpcEndpointIds=[call.id])


def _end_flow_log(call: Call) -> None:
    call.do("delete_flow_logs", FlowLogIds=[call.id])


ROWS: tuple[Spec, ...] = (
    row(
        "ec2/vpcEndpoint:VpcEndpoint",
        "ec2",
        "vpc_endpoint",
        "VpcEndpointId",
        tag_type="vpc-endpoint",
        defaults={"vpcEndpointType": "Gateway"},
        rename={"policy": "PolicyDocument"},
        arrange=_endpoint_sets,
        outputs=_endpoint_outputs,
        attrs={"securityGroupIds": "Groups[].GroupId"},
        delete_call=_end_endpoint,
        gone="State == 'deleted'",
        replacing=("vpcId", "serviceName", "vpcEndpointType"),
    ),
    Spec(
        pulumi_type="aws:ec2/flowLog:FlowLog",
        service="ec2",
        create="create_flow_logs",
        read="describe_flow_logs",
        delete_call=_end_flow_log,
        keys=("FlowLogId",),
        id_members=("FlowLogIds",),
        arrange=_flow_log,
        **arn_of("vpc-flow-log"),
        rename={"iamRoleArn": "DeliverLogsPermissionArn"},
        defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
        replacing=(
            "vpcId",
            "subnetId",
            "trafficType",
            "logDestination",
            "logDestinationType",
            "iamRoleArn",
            "maxAggregationInterval",
            "logFormat",
        ),
    ),
    row(
        "ec2/launchTemplate:LaunchTemplate",
        "ec2",
        "launch_template",
        "LaunchTemplateId",
        update="",
        tag_type="launch-template",
        rename={"name": "LaunchTemplateName"},
        name="name",
        name_limit=128,
        arrange=_launch_data,
        settle=(_new_launch_version,),
        outputs=_launch_outputs,
        replacing=("name", "namePrefix"),
        fresh=("latestVersion",),
    ),
)
