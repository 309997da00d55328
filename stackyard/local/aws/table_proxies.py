"""Rows of RDS Proxy and of the scaling of readers."""

from stackyard.local.aws.connection import ACCOUNT, search
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject


def _proxy(call: Call, arguments: JsonObject) -> None:
    if call.olds is None:
        arguments.setdefault("EngineFamily", call.props["engineFamily"])


def _pool(call: Call, arguments: JsonObject) -> None:
    # The default group comes with its proxy; pulumi-aws only configures it.
    arguments["TargetGroupName"] = "default"
    arguments["DBProxyName"] = call.props["dbProxyName"]


def _target_group(call: Call) -> JsonObject | None:
    answer = call.do("describe_db_proxy_target_groups", DBProxyName=call.id)
    return search("TargetGroups[?IsDefault] | [0]", answer)


def _target(call: Call, arguments: JsonObject) -> None:
    cluster = call.props.get("dbClusterIdentifier")
    arguments.pop("DBClusterIdentifier", None)
    if cluster:
        arguments["DBClusterIdentifiers"] = [cluster]


def _find_target(call: Call) -> JsonObject | None:
    name = call.props.get("dbProxyName") or call.id.split("/")[0]
    answer = call.do("describe_db_proxy_targets", DBProxyName=name)
    cluster = call.props.get("dbClusterIdentifier") or call.id.rsplit("/", 1)[-1]
    for target in answer["Targets"]:
        if cluster in {target.get("TrackedClusterId"), target.get("RdsResourceId")}:
            return {**target, "Port": call.props.get("port", target.get("Port"))}
    return None


def _end_target(call: Call) -> None:
    call.do(
        "deregister_db_proxy_targets",
        DBProxyName=call.props["dbProxyName"],
        TargetGroupName="default",
        DBClusterIdentifiers=[call.props["dbClusterIdentifier"]],
    )


def _no_call(call: Call) -> None:
    """Nothing: the object ends with its parent."""
    del call


def _scalable(call: Call) -> JsonObject | None:
    answer = call.do(
        "describe_scalable_targets",
        ServiceNamespace=call.props["serviceNamespace"],
        ResourceIds=[call.props["resourceId"]],
        ScalableDimension=call.props["scalableDimension"],
    )
    return search("ScalableTargets[0]", answer)


def _scaling_policy(call: Call) -> JsonObject | None:
    answer = call.do(
        "describe_scaling_policies",
        ServiceNamespace=call.props["serviceNamespace"],
        PolicyNames=[call.id],
    )
    return search("ScalingPolicies[0]", answer)


def _scaling_key(call: Call) -> JsonObject:
    return {
        "ServiceNamespace": call.props["serviceNamespace"],
        "ResourceId": call.props["resourceId"],
        "ScalableDimension": call.props["scalableDimension"],
    }


def _end_scalable(call: Call) -> None:
    call.do("deregister_scalable_target", **_scaling_key(call))


def _end_scaling_policy(call: Call) -> None:
    call.do("delete_scaling_policy", PolicyName=call.id, **_scaling_key(call))


def _scalable_outputs(call: Call, found: JsonObject) -> JsonObject:
    arn = f"arn:aws:application-autoscaling:{call.aws.region}:{ACCOUNT}:scalable-target/0"
    return {"arn": found.get("ScalableTargetARN") or arn}


PROXIES: tuple[Spec, ...] = (
    row(
        "rds/proxy:Proxy",
        "rds",
        "db_proxy",
        "DBProxyName",
        read="describe_db_proxies",
        update="",
        name="name",
        name_limit=60,
        lower_name=True,
        arrange=_proxy,
        rename={"name": "DBProxyName", "auths": "Auth", "requireTls": "RequireTLS"},
        attrs={"arn": "DBProxyArn", "endpoint": "Endpoint"},
        kept=("requireTls", "idleClientTimeout", "auths", "debugLogging"),
        replacing=("name", "engineFamily", "vpcSubnetIds"),
    ),
    Spec(
        pulumi_type="aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup",
        service="rds",
        create="modify_db_proxy_target_group",
        update="modify_db_proxy_target_group",
        arrange=_pool,
        describe=_target_group,
        delete_call=_no_call,
        keys=("DBProxyName",),
        attrs={"arn": "TargetGroupArn", "name": "TargetGroupName"},
        replacing=("dbProxyName",),
    ),
    Spec(
        pulumi_type="aws:rds/proxyTarget:ProxyTarget",
        service="rds",
        create="register_db_proxy_targets",
        arrange=_target,
        describe=_find_target,
        delete_call=_end_target,
        keys=("DBProxyName", "TargetGroupName", "RdsResourceId"),
        separator="/",
        create_with={"TargetGroupName": "default"},
        attrs={
            "rdsResourceId": "RdsResourceId",
            "type": "Type",
            "endpoint": "Endpoint",
            "trackedClusterId": "TrackedClusterId",
        },
        replacing=(
            "dbProxyName",
            "targetGroupName",
            "dbClusterIdentifier",
            "dbInstanceIdentifier",
        ),
    ),
)

SCALING: tuple[Spec, ...] = (
    Spec(
        pulumi_type="aws:appautoscaling/target:Target",
        service="application-autoscaling",
        create="register_scalable_target",
        update="register_scalable_target",
        describe=_scalable,
        delete_call=_end_scalable,
        keys=("ResourceId",),
        separator="\0",
        outputs=_scalable_outputs,
        replacing=("serviceNamespace", "resourceId", "scalableDimension"),
    ),
    Spec(
        pulumi_type="aws:appautoscaling/policy:Policy",
        service="application-autoscaling",
        create="put_scaling_policy",
        update="put_scaling_policy",
        describe=_scaling_policy,
        delete_call=_end_scaling_policy,
        keys=("PolicyName",),
        separator="\0",
        name="name",
        rename={"name": "PolicyName"},
        attrs={"arn": "PolicyARN", "alarmArns": "Alarms[].AlarmARN"},
        replacing=("name", "serviceNamespace", "resourceId", "scalableDimension"),
    ),
)

ROWS: tuple[Spec, ...] = (*PROXIES, *SCALING)
