"""Rows of security groups and their rules."""

from typing import Any

from stackyard.local.aws.connection import ACCOUNT, search
from stackyard.local.aws.names import as_list, as_object
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

RULE_SOURCES = {
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "prefixListId": "PrefixListId",
    "referencedSecurityGroupId": "ReferencedGroupId",
}
RULE_REPLACING = ("securityGroupId",)


def _permission(rule: JsonObject) -> JsonObject:
    """One inline rule (`ingress`, `egress`) or rule resource as EC2's IpPermission."""
    note = {"Description": rule["description"]} if rule.get("description") else {}
    groups = list(as_list(rule.get("securityGroups")))
    if rule.get("referencedSecurityGroupId"):
        groups.append(rule["referencedSecurityGroupId"])
    cidrs = list(as_list(rule.get("cidrBlocks"))) + [x for x in (rule.get("cidrIpv4"),) if x]
    sixes = list(as_list(rule.get("ipv6CidrBlocks"))) + [x for x in (rule.get("cidrIpv6"),) if x]
    lists = list(as_list(rule.get("prefixListIds"))) + [x for x in (rule.get("prefixListId"),) if x]
    protocol = str(rule.get("ipProtocol") or rule.get("protocol") or "-1")
    out: JsonObject = {"IpProtocol": protocol}
    if protocol != "-1":
        out |= {"FromPort": int(rule["fromPort"]), "ToPort": int(rule["toPort"])}
    out["UserIdGroupPairs"] = [{"GroupId": group, **note} for group in groups]
    out["IpRanges"] = [{"CidrIp": cidr, **note} for cidr in cidrs]
    out["Ipv6Ranges"] = [{"CidrIpv6": cidr, **note} for cidr in sixes]
    out["PrefixListIds"] = [{"PrefixListId": list_, **note} for list_ in lists]
    return {k: v for k, v in out.items() if v != []}


def _group(call: Call) -> JsonObject | None:
    groups = call.do("describe_security_groups", GroupIds=[call.id])["SecurityGroups"]
    return groups[0] if groups else None


def _group_outputs(call: Call, found: JsonObject) -> JsonObject:
    arn = f"arn:aws:ec2:{call.aws.region}:{ACCOUNT}:security-group/{call.id}"
    return {"arn": arn, "ownerId": ACCOUNT, "name": found["GroupName"]}


def _revoke_all(call: Call, *directions: str) -> None:
    found = _group(call) or {}
    members = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
    for direction in directions:
        rules = found.get(members[direction])
        if rules:
            call.do(f"revoke_security_group_{direction}", GroupId=call.id, IpPermissions=rules)


def _inline_rules(call: Call) -> None:
    """Set inline rules; at create drop AWS's allow-all egress rule, as pulumi-aws does."""
    for direction in ("ingress", "egress"):
        if not call.due(direction) and (call.olds is not None or direction == "ingress"):
            continue
        _revoke_all(call, direction)
        rules: list[JsonObject] = as_list(call.props.get(direction))
        permissions = [_permission(rule) for rule in rules]
        for rule, permission in zip(rules, permissions, strict=True):
            if rule.get("self"):
                permission.setdefault("UserIdGroupPairs", []).append({"GroupId": call.id})
        if permissions:
            method = f"authorize_security_group_{direction}"
            call.do(method, GroupId=call.id, IpPermissions=permissions)


def _default_rules(call: Call) -> None:
    _revoke_all(call, "ingress", "egress")
    for direction in ("ingress", "egress"):
        permissions = [_permission(rule) for rule in as_list(call.props.get(direction))]
        if permissions:
            method = f"authorize_security_group_{direction}"
            call.do(method, GroupId=call.id, IpPermissions=permissions)


def _adopt_default(call: Call, arguments: JsonObject) -> None:
    arguments.clear()
    arguments["Filters"] = [
        {"Name": "vpc-id", "Values": [call.props["vpcId"]]},
        {"Name": "group-name", "Values": ["default"]},
    ]


def _rule_create(call: Call, arguments: JsonObject) -> None:
    tags = arguments.get("TagSpecifications")
    arguments.clear()
    arguments["GroupId"] = call.props["securityGroupId"]
    arguments["IpPermissions"] = [_permission(call.props)]
    if tags:
        arguments["TagSpecifications"] = tags


def _flat_rule(props: JsonObject) -> JsonObject:
    protocol = str(props["ipProtocol"])
    out: JsonObject = {"IpProtocol": protocol}
    if protocol != "-1":
        out |= {"FromPort": int(props["fromPort"]), "ToPort": int(props["toPort"])}
    out |= {m: props[k] for k, m in RULE_SOURCES.items() if props.get(k)}
    if props.get("description"):
        out["Description"] = props["description"]
    return out


def _modify_rule(call: Call) -> None:
    if call.olds is None or not call.due(
        "ipProtocol", "fromPort", "toPort", "description", *RULE_SOURCES
    ):
        return
    rule = {"SecurityGroupRuleId": call.id, "SecurityGroupRule": _flat_rule(call.props)}
    group = call.props["securityGroupId"]
    call.do("modify_security_group_rules", GroupId=group, SecurityGroupRules=[rule])


def _rule(call: Call) -> JsonObject | None:
    answer = call.do("describe_security_group_rules", SecurityGroupRuleIds=[call.id])
    found = search("SecurityGroupRules[0]", answer)
    if not found:
        return None
    source = as_object(found.get("ReferencedGroupInfo")).get("GroupId")
    ports = {} if found.get("IpProtocol") == "-1" else {k: found.get(k) for k in PORTS}
    rest = {k: v for k, v in found.items() if k not in PORTS and v != ""}
    return {**rest, **ports, "ReferencedSecurityGroupId": source}


PORTS = ("FromPort", "ToPort")


def _rule_outputs(call: Call, _found: JsonObject) -> JsonObject:
    arn = f"arn:aws:ec2:{call.aws.region}:{ACCOUNT}:security-group-rule/{call.id}"
    return {"arn": arn, "securityGroupRuleId": call.id}


def _rule_row(direction: str) -> Spec:
    def end(call: Call) -> None:
        call.do(
            f"revoke_security_group_{direction}",
            GroupId=call.props["securityGroupId"],
            SecurityGroupRuleIds=[call.id],
        )

    kind = direction.capitalize()
    rest: dict[str, Any] = {"settle": (_modify_rule,), "delete_call": end}
    return Spec(
        pulumi_type=f"aws:vpc/securityGroup{kind}Rule:SecurityGroup{kind}Rule",
        service="ec2",
        create=f"authorize_security_group_{direction}",
        arrange=_rule_create,
        describe=_rule,
        keys=("SecurityGroupRuleId",),
        outputs=_rule_outputs,
        tag_type="security-group-rule",
        replacing=RULE_REPLACING,
        in_place=(*RULE_SOURCES, "ipProtocol", "fromPort", "toPort"),
        **rest,
    )


ROWS: tuple[Spec, ...] = (
    row(
        "ec2/securityGroup:SecurityGroup",
        "ec2",
        "security_group",
        "GroupId",
        update="",
        rename={"name": "GroupName"},
        name="name",
        tag_type="security-group",
        describe=_group,
        defaults={"description": "Managed by Pulumi"},
        outputs=_group_outputs,
        settle=(_inline_rules,),
        replacing=("name", "namePrefix", "description", "vpcId"),
    ),
    Spec(
        pulumi_type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        service="ec2",
        create="describe_security_groups",
        arrange=_adopt_default,
        keys=("GroupId",),
        describe=_group,
        settle=(_default_rules,),
        outputs=_group_outputs,
        replacing=("vpcId",),
    ),
    _rule_row("ingress"),
    _rule_row("egress"),
)
