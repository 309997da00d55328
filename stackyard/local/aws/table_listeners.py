"""Rows of listeners and their rules."""

from stackyard.local.aws.names import as_list, as_object, whole
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.aws.table_balancing import attribute_text
from stackyard.local.wire import JsonObject

CONDITIONS = {
    "pathPattern": ("path-pattern", "PathPatternConfig"),
    "hostHeader": ("host-header", "HostHeaderConfig"),
    "httpRequestMethod": ("http-request-method", "HttpRequestMethodConfig"),
    "sourceIp": ("source-ip", "SourceIpConfig"),
}


def _actions(actions: list[JsonObject]) -> list[JsonObject]:
    out: list[JsonObject] = []
    for order, given in enumerate(actions, start=1):
        action: JsonObject = {"Type": given["type"], "Order": int(given.get("order") or order)}
        if given.get("targetGroupArn"):
            action["TargetGroupArn"] = given["targetGroupArn"]
        if given.get("forward"):
            action["ForwardConfig"] = _forward(given["forward"])
        if given.get("redirect"):
            action["RedirectConfig"] = _capital(given["redirect"])
        if given.get("fixedResponse"):
            action["FixedResponseConfig"] = _capital(given["fixedResponse"])
        out.append(action)
    return out


def _forward(given: JsonObject) -> JsonObject:
    groups = [
        {"TargetGroupArn": g["arn"], "Weight": int(g.get("weight", 1))}
        for g in given["targetGroups"]
    ]
    out: JsonObject = {"TargetGroups": groups}
    stickiness: JsonObject | None = given.get("stickiness")
    if stickiness:
        sticky: JsonObject = {"Enabled": bool(stickiness.get("enabled"))}
        if stickiness.get("duration"):
            sticky["DurationSeconds"] = int(stickiness["duration"])
        out["TargetGroupStickinessConfig"] = sticky
    return out


def _capital(given: JsonObject) -> JsonObject:
    return {k[0].upper() + k[1:]: attribute_text(v) for k, v in given.items() if v is not None}


def _read_actions(declared: list[JsonObject], found: list[JsonObject]) -> list[JsonObject]:
    """The declared actions with the weights and targets that the listener really has."""
    if len(declared) != len(found):
        return declared
    out: list[JsonObject] = []
    for given, action in zip(declared, found, strict=True):
        item = dict(given)
        if given.get("forward"):
            weights = {
                g["TargetGroupArn"]: g.get("Weight", 1)
                for g in as_object(action.get("ForwardConfig")).get("TargetGroups", [])
            }
            told = given["forward"]["targetGroups"]
            groups = [{**g, "weight": whole(weights.get(g["arn"], 0))} for g in told]
            item["forward"] = {**given["forward"], "targetGroups": groups}
        elif given.get("targetGroupArn"):
            item["targetGroupArn"] = action.get("TargetGroupArn", given["targetGroupArn"])
        out.append(item)
    return out


def _listener_arguments(call: Call, arguments: JsonObject) -> None:
    arguments["DefaultActions"] = _actions(call.props["defaultActions"])
    certificate = call.props.get("certificateArn")
    if certificate:
        arguments["Certificates"] = [{"CertificateArn": certificate}]


def _listener_outputs(call: Call, found: JsonObject) -> JsonObject:
    declared = as_list(call.props.get("defaultActions"))
    return {"defaultActions": _read_actions(declared, found["DefaultActions"])}


def _condition(given: JsonObject) -> JsonObject:
    for name, (field, config) in CONDITIONS.items():
        if given.get(name):
            return {"Field": field, config: {"Values": list(given[name]["values"])}}
    if given.get("httpHeader"):
        header = given["httpHeader"]
        named = {"HttpHeaderName": header["httpHeaderName"], "Values": list(header["values"])}
        return {"Field": "http-header", "HttpHeaderConfig": named}
    strings = [_capital(pair) for pair in given["queryStrings"]]
    return {"Field": "query-string", "QueryStringConfig": {"Values": strings}}


def _rule_arguments(call: Call, arguments: JsonObject) -> None:
    arguments["Actions"] = _actions(call.props["actions"])
    arguments["Conditions"] = [_condition(c) for c in call.props["conditions"]]
    if call.olds is not None:
        arguments.pop("Priority", None)


def _priority(call: Call) -> None:
    if call.olds is not None and call.due("priority"):
        new = [{"RuleArn": call.id, "Priority": int(call.props["priority"])}]
        call.do("set_rule_priorities", RulePriorities=new)


def _rule_outputs(call: Call, found: JsonObject) -> JsonObject:
    return {"actions": _read_actions(as_list(call.props.get("actions")), found["Actions"])}


ROWS: tuple[Spec, ...] = (
    row(
        "lb/listener:Listener",
        "elbv2",
        "listener",
        "ListenerArn",
        arrange=_listener_arguments,
        rename={"certificateArn": "", "defaultActions": ""},
        outputs=_listener_outputs,
        whole_update=True,
        attrs={"arn": "ListenerArn"},
        replacing=("loadBalancerArn",),
    ),
    row(
        "lb/listenerRule:ListenerRule",
        "elbv2",
        "rule",
        "RuleArn",
        arrange=_rule_arguments,
        rename={"actions": "", "conditions": ""},
        outputs=_rule_outputs,
        whole_update=True,
        settle=(_priority,),
        attrs={"arn": "RuleArn"},
        replacing=("listenerArn",),
    ),
)
