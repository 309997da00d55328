"""Rows of load balancers and target groups."""

from collections.abc import Mapping
from typing import Any

from stackyard.local.aws.connection import search
from stackyard.local.aws.names import as_list, as_object, whole
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

BALANCER_ATTRIBUTES = {
    "idleTimeout": "idle_timeout.timeout_seconds",
    "clientKeepAlive": "client_keep_alive.seconds",
    "enableDeletionProtection": "deletion_protection.enabled",
    "enableHttp2": "routing.http2.enabled",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
    "preserveHostHeader": "routing.http.preserve_host_header.enabled",
    "desyncMitigationMode": "routing.http.desync_mitigation_mode",
    "xffHeaderProcessingMode": "routing.http.xff_header_processing.mode",
    "enableXffClientPort": "routing.http.xff_client_port.enabled",
    "enableWafFailOpen": "waf.fail_open.enabled",
    "enableZonalShift": "zonal_shift.config.enabled",
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "enableTlsVersionAndCipherSuiteHeaders": (
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
    ),
}
LOG_ATTRIBUTES = {
    "accessLogs": "access_logs.s3",
    "connectionLogs": "connection_logs.s3",
    "healthCheckLogs": "health_check_logs.s3",
}
TARGET_ATTRIBUTES = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "slowStart": "slow_start.duration_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
    "loadBalancingAnomalyMitigation": "load_balancing.algorithm.anomaly_mitigation",
    "loadBalancingCrossZoneEnabled": "load_balancing.cross_zone.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "proxyProtocolV2": "proxy_protocol_v2.enabled",
    "connectionTermination": "deregistration_delay.connection_termination.enabled",
}
HEALTH_CHECK = {
    "enabled": "HealthCheckEnabled",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
    "matcher": "MatcherCodes",
}


def attribute_text(value: Any) -> str:
    """A value as a load balancer's attribute says it."""
    return str(value).lower() if isinstance(value, bool) else str(whole(value))


def _balancer_wanted(props: JsonObject) -> dict[str, str]:
    out = {
        a: attribute_text(props[k])
        for k, a in BALANCER_ATTRIBUTES.items()
        if props.get(k) is not None
    }
    for name, prefix in LOG_ATTRIBUTES.items():
        logs: JsonObject | None = props.get(name)
        if logs:
            out[f"{prefix}.enabled"] = attribute_text(bool(logs.get("enabled")))
            out |= {
                f"{prefix}.{k}": attribute_text(logs[k])
                for k in ("bucket", "prefix")
                if logs.get(k)
            }
    return out


def _target_wanted(props: JsonObject) -> dict[str, str]:
    out = {
        a: attribute_text(props[k])
        for k, a in TARGET_ATTRIBUTES.items()
        if props.get(k) is not None
    }
    stickiness: JsonObject | None = props.get("stickiness")
    if stickiness:
        out["stickiness.enabled"] = attribute_text(stickiness.get("enabled", True))
        out["stickiness.type"] = attribute_text(stickiness.get("type", "lb_cookie"))
        if stickiness.get("cookieDuration"):
            seconds = attribute_text(stickiness["cookieDuration"])
            out["stickiness.lb_cookie.duration_seconds"] = seconds
    return out


def _pairs(wanted: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": k, "Value": v} for k, v in sorted(wanted.items())]


def _typed(names: Mapping[str, str], attributes: Mapping[str, str]) -> JsonObject:
    """Attributes, which AWS tells as texts, as switches and numbers under Pulumi's names."""
    switches = {"true": True, "false": False}
    out: JsonObject = {}
    for name, attribute in names.items():
        if attribute in attributes:
            text = attributes[attribute]
            out[name] = switches.get(text, int(text) if text.isdecimal() else text)
    return out


def _balancer_attributes(call: Call) -> None:
    wanted = _balancer_wanted(call.props)
    if wanted and wanted != _balancer_wanted(call.olds or {}):
        call.do(
            "modify_load_balancer_attributes", LoadBalancerArn=call.id, Attributes=_pairs(wanted)
        )


def _balancer_sets(call: Call) -> None:
    if call.olds is None:
        return
    if call.due("securityGroups"):
        groups = call.props["securityGroups"]
        call.do("set_security_groups", LoadBalancerArn=call.id, SecurityGroups=groups)
    if call.due("subnets"):
        call.do("set_subnets", LoadBalancerArn=call.id, Subnets=call.props["subnets"])


def _scheme(call: Call, arguments: JsonObject) -> None:
    if call.olds is None:
        arguments["Scheme"] = "internal" if call.props.get("internal") else "internet-facing"


def _balancer(call: Call) -> JsonObject | None:
    answer = call.do("describe_load_balancers", LoadBalancerArns=[call.id])
    found: JsonObject | None = search("LoadBalancers[0]", answer)
    if found is None:
        return None
    told = call.do("describe_load_balancer_attributes", LoadBalancerArn=call.id)["Attributes"]
    attributes = {a["Key"]: a["Value"] for a in told}
    named = _typed(BALANCER_ATTRIBUTES, attributes)
    subnets = search("AvailabilityZones[].SubnetId", found)
    internal = found.get("Scheme") == "internal"
    return {**found, **named, "Subnets": subnets, "Internal": internal, **_tags(call)}


def _tags(call: Call) -> JsonObject:
    answer = call.do("describe_tags", ResourceArns=[call.id])
    return {"Tags": as_list(search("TagDescriptions[0].Tags", answer))}


def _suffix(arn: str, mark: str) -> str:
    return arn.split(f":{mark}", 1)[-1]


def _balancer_outputs(call: Call, found: JsonObject) -> JsonObject:
    return {"arnSuffix": _suffix(call.id, "loadbalancer/"), "vpcId": found.get("VpcId")}


def _target_group(call: Call) -> JsonObject | None:
    answer = call.do("describe_target_groups", TargetGroupArns=[call.id])
    found: JsonObject | None = search("TargetGroups[0]", answer)
    if found is None:
        return None
    told = call.do("describe_target_group_attributes", TargetGroupArn=call.id)["Attributes"]
    attributes = {a["Key"]: a["Value"] for a in told}
    named = _typed(TARGET_ATTRIBUTES, attributes)
    found["MatcherCodes"] = search("Matcher.HttpCode", found) or "200"
    return {**found, **named, **_tags(call)}


def _target_group_outputs(call: Call, found: JsonObject) -> JsonObject:
    suffix = "targetgroup/" + _suffix(call.id, "targetgroup/")
    return {"arnSuffix": suffix, "loadBalancerArns": as_list(found.get("LoadBalancerArns"))}


def _target_attributes(call: Call) -> None:
    wanted = _target_wanted(call.props)
    if wanted and wanted != _target_wanted(call.olds or {}):
        call.do("modify_target_group_attributes", TargetGroupArn=call.id, Attributes=_pairs(wanted))


def _matcher(call: Call, arguments: JsonObject) -> None:
    codes = as_object(call.props.get("healthCheck")).get("matcher")
    if codes:
        arguments["Matcher"] = {"HttpCode": str(codes)}


ROWS: tuple[Spec, ...] = (
    row(
        "lb/loadBalancer:LoadBalancer",
        "elbv2",
        "load_balancer",
        "LoadBalancerArn",
        update="",
        name="name",
        name_limit=32,
        rename={"loadBalancerType": "Type"},
        describe=_balancer,
        defaults={"loadBalancerType": "application"},
        arrange=_scheme,
        settle=(_balancer_attributes, _balancer_sets),
        outputs=_balancer_outputs,
        attrs={"arn": "LoadBalancerArn", "dnsName": "DNSName", "zoneId": "CanonicalHostedZoneId"},
        replacing=("name", "namePrefix", "internal", "loadBalancerType"),
        in_place=("ipAddressType",),
    ),
    row(
        "lb/targetGroup:TargetGroup",
        "elbv2",
        "target_group",
        "TargetGroupArn",
        name="name",
        name_limit=32,
        flat={"healthCheck": HEALTH_CHECK},
        describe=_target_group,
        arrange=_matcher,
        settle=(_target_attributes,),
        outputs=_target_group_outputs,
        attrs={"arn": "TargetGroupArn"},
        rename={"name": "Name"},
        back={"name": "TargetGroupName"},
        replacing=(
            "name",
            "namePrefix",
            "port",
            "protocol",
            "protocolVersion",
            "targetType",
            "vpcId",
            "ipAddressType",
        ),
    ),
)
