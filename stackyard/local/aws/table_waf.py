"""Rows of the web ACL, what it protects and where it logs."""

from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject


def _acl_key(call: Call) -> JsonObject:
    # An import names it by id/name/scope.
    id_ = call.id.split("/")[0]
    return {"Name": call.props["name"], "Id": id_, "Scope": call.props["scope"]}


def _acl(call: Call) -> JsonObject | None:
    answer = call.do("get_web_acl", **_acl_key(call))
    return {**answer["WebACL"], "LockToken": answer["LockToken"]}


def _acl_arguments(call: Call, arguments: JsonObject) -> None:
    # WAF takes a block that is on as an empty structure: {} must reach it.
    arguments.setdefault("Rules", [])
    if call.olds is not None:
        found = _acl(call) or {}
        arguments |= {**_acl_key(call), "LockToken": found["LockToken"]}


def _end_acl(call: Call) -> None:
    found = _acl(call) or {}
    call.do("delete_web_acl", LockToken=found["LockToken"], **_acl_key(call))


def _acl_outputs(_call: Call, found: JsonObject) -> JsonObject:
    return {"arn": found["ARN"], "capacity": int(found.get("Capacity") or 0)}


def _association(call: Call) -> JsonObject | None:
    resource = call.props.get("resourceArn") or call.id.split(",", 1)[1]
    acl = call.do("get_web_acl_for_resource", ResourceArn=resource).get("WebACL")
    return {"WebAclArn": acl["ARN"], "ResourceArn": resource} if acl else None


def _end_association(call: Call) -> None:
    call.do("disassociate_web_acl", ResourceArn=call.id.split(",", 1)[1])


def _logging(call: Call) -> JsonObject | None:
    answer = call.do("get_logging_configuration", ResourceArn=call.id)
    return answer["LoggingConfiguration"]


def _end_logging(call: Call) -> None:
    call.do("delete_logging_configuration", ResourceArn=call.id)


ROWS: tuple[Spec, ...] = (
    row(
        "wafv2/webAcl:WebAcl",
        "wafv2",
        "web_acl",
        "Id",
        describe=_acl,
        update="update_web_acl",
        name="name",
        name_limit=128,
        whole_update=True,
        arrange=_acl_arguments,
        outputs=_acl_outputs,
        delete_call=_end_acl,
        kept=("rules",),
        replacing=("name", "namePrefix", "scope"),
    ),
    Spec(
        pulumi_type="aws:wafv2/webAclAssociation:WebAclAssociation",
        service="wafv2",
        create="associate_web_acl",
        describe=_association,
        delete_call=_end_association,
        keys=("WebACLArn", "ResourceArn"),
        separator=",",
        replacing=("webAclArn", "resourceArn"),
    ),
    Spec(
        pulumi_type="aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        service="wafv2",
        create="put_logging_configuration",
        update="put_logging_configuration",
        describe=_logging,
        delete_call=_end_logging,
        keys=("ResourceArn",),
        into="LoggingConfiguration",
        replacing=("resourceArn",),
        kept=("redactedFields", "loggingFilter"),
    ),
)
