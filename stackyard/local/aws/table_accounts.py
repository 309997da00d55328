"""Rows of keys, logs, parameters, secrets and topics."""

import re

from stackyard.local.aws.connection import ACCOUNT, search
from stackyard.local.aws.spec import Call, Spec, row
from stackyard.local.wire import JsonObject

DEFAULT_KEY_DAYS = 30
"""Days between the deletion of a KMS key and its end, unless the program says otherwise."""


def _key_rotation(call: Call) -> None:
    if not call.due("enableKeyRotation"):
        return
    wanted = bool(call.props.get("enableKeyRotation"))
    call.do("enable_key_rotation" if wanted else "disable_key_rotation", KeyId=call.id)


def _key_texts(call: Call) -> None:
    if call.olds is None:
        return
    if call.due("description"):
        text = call.props.get("description") or ""
        call.do("update_key_description", KeyId=call.id, Description=text)
    if call.due("policy") and call.props.get("policy"):
        policy = call.props["policy"]
        call.do("put_key_policy", KeyId=call.id, PolicyName="default", Policy=policy)


def _key(call: Call) -> JsonObject | None:
    key = call.do("describe_key", KeyId=call.id)["KeyMetadata"]
    policy = call.do("get_key_policy", KeyId=call.id, PolicyName="default")["Policy"]
    rotation = call.do("get_key_rotation_status", KeyId=call.id)["KeyRotationEnabled"]
    return {**key, "Policy": policy, "EnableKeyRotation": rotation}


def _schedule_key(call: Call) -> None:
    days = int(call.props.get("deletionWindowInDays") or DEFAULT_KEY_DAYS)
    call.do("schedule_key_deletion", KeyId=call.id, PendingWindowInDays=days)


def _alias(call: Call) -> JsonObject | None:
    aliases = call.aws.every("kms", "list_aliases", "Aliases")
    found = next((a for a in aliases if a["AliasName"] == call.id), None)
    return found and {k: v for k, v in found.items() if k != "TargetKeyId"}


def _alias_outputs(call: Call, found: JsonObject) -> JsonObject:
    key = str(call.props.get("targetKeyId", "")).rsplit("/", 1)[-1]
    arn = f"arn:aws:kms:{call.aws.region}:{ACCOUNT}:key/{key}"
    return {"targetKeyArn": arn, "arn": found["AliasArn"], "name": call.id}


def _log_group(call: Call) -> JsonObject | None:
    answer = call.do("describe_log_groups", logGroupNamePrefix=call.id)
    found = search(f"logGroups[?logGroupName=='{call.id}'] | [0]", answer)
    if not found:
        return None
    arn = re.sub(r":\*$", "", found["arn"])
    tags = call.do("list_tags_for_resource", resourceArn=arn)["tags"]
    return {"retentionInDays": 0, **found, "arn": arn, "tags": tags}


def _retention(call: Call) -> None:
    if not call.due("retentionInDays"):
        return
    days = int(call.props.get("retentionInDays") or 0)
    if days:
        call.do("put_retention_policy", logGroupName=call.id, retentionInDays=days)
    elif call.olds is not None:
        call.do("delete_retention_policy", logGroupName=call.id)


def _secret_policy(call: Call) -> None:
    if call.due("policy") and call.props.get("policy"):
        call.do("put_resource_policy", SecretId=call.id, ResourcePolicy=call.props["policy"])


def _end_secret(call: Call) -> None:
    days = int(call.props.get("recoveryWindowInDays", DEFAULT_KEY_DAYS))
    how: JsonObject = (
        {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    )
    call.do("delete_secret", SecretId=call.id, **how)


def _secret_version(call: Call) -> JsonObject | None:
    secret, version = call.id.split("|", 1)
    return call.do("get_secret_value", SecretId=secret, VersionId=version)


def _end_secret_version(call: Call) -> None:
    """Nothing: AWS ends a version with its secret or with the next version."""
    del call


def _parameter(call: Call) -> JsonObject | None:
    return call.do("get_parameter", Name=call.id, WithDecryption=True)["Parameter"]


def _topic(call: Call) -> JsonObject | None:
    return call.do("get_topic_attributes", TopicArn=call.id)["Attributes"]


TOPIC_ATTRIBUTES = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
}


def _topic_attributes(call: Call) -> None:
    for name, attribute in TOPIC_ATTRIBUTES.items():
        if call.due(name):
            value = str(call.props.get(name) or "")
            call.do(
                "set_topic_attributes",
                TopicArn=call.id,
                AttributeName=attribute,
                AttributeValue=value,
            )


def _topic_outputs(call: Call, found: JsonObject) -> JsonObject:
    return {"arn": call.id, "name": call.id.rsplit(":", 1)[-1], "owner": found.get("Owner")}


ROWS: tuple[Spec, ...] = (
    row(
        "kms/key:Key",
        "kms",
        "key",
        "KeyId",
        update="",
        describe=_key,
        settle=(_key_rotation, _key_texts),
        delete_call=_schedule_key,
        gone="KeyState == 'PendingDeletion'",
        defaults={"keyUsage": "ENCRYPT_DECRYPT", "isEnabled": True},
        rename={"customerMasterKeySpec": "KeySpec", "isEnabled": "Enabled"},
        in_place=("policy",),
        replacing=(
            "customKeyStoreId",
            "customerMasterKeySpec",
            "keyUsage",
            "multiRegion",
            "xksKeyId",
        ),
        attrs={"arn": "Arn"},
    ),
    row(
        "kms/alias:Alias",
        "kms",
        "alias",
        "AliasName",
        describe=_alias,
        update="update_alias",
        rename={"name": "AliasName"},
        name="name",
        outputs=_alias_outputs,
        replacing=("name", "namePrefix"),
    ),
    row(
        "cloudwatch/logGroup:LogGroup",
        "logs",
        "log_group",
        "logGroupName",
        describe=_log_group,
        update="",
        rename={"name": "logGroupName"},
        name="name",
        name_limit=512,
        settle=(_retention,),
        replacing=("name", "namePrefix"),
        attrs={"arn": "arn"},
    ),
    row(
        "secretsmanager/secret:Secret",
        "secretsmanager",
        "secret",
        "SecretId",
        id_members=("ARN",),
        read="describe_secret",
        path="@",
        update="update_secret",
        name="name",
        name_limit=512,
        settle=(_secret_policy,),
        delete_call=_end_secret,
        gone="DeletedDate",
        attrs={"arn": "ARN"},
        replacing=("name", "namePrefix"),
    ),
    Spec(
        pulumi_type="aws:secretsmanager/secretVersion:SecretVersion",
        service="secretsmanager",
        create="put_secret_value",
        describe=_secret_version,
        update="put_secret_value",
        delete_call=_end_secret_version,
        keys=("SecretId", "VersionId"),
        separator="|",
        attrs={"arn": "ARN", "versionId": "VersionId", "versionStages": "VersionStages"},
        replacing=("secretId", "secretString", "secretBinary"),
    ),
    Spec(
        pulumi_type="aws:ssm/parameter:Parameter",
        service="ssm",
        create="put_parameter",
        describe=_parameter,
        update="put_parameter",
        update_with={"Overwrite": True},
        delete="delete_parameter",
        keys=("Name",),
        name="name",
        attrs={"arn": "ARN"},
        replacing=("name",),
    ),
    row(
        "sns/topic:Topic",
        "sns",
        "topic",
        "TopicArn",
        describe=_topic,
        update="",
        name="name",
        settle=(_topic_attributes,),
        outputs=_topic_outputs,
        replacing=("name", "namePrefix"),
    ),
)
