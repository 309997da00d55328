"""Tags: the provider's default tags join a resource's own; each service takes them its own way."""

from collections.abc import Callable
from typing import Any, cast

from botocore.model import ListShape, MapShape

from stackyard.local.aws.names import as_object, members, tag_map
from stackyard.local.aws.spec import Call, Spec, low_keys
from stackyard.local.wire import JsonObject

NAMES = {"tags", "taglist", "tagset"}
PAIRS, MAP = "pairs", "map"

CHANGES: dict[str, tuple[str, str, str, str]] = {
    "acm": ("add_tags_to_certificate", "remove_tags_from_certificate", "CertificateArn", PAIRS),
    "cloudwatch": ("tag_resource", "untag_resource", "ResourceARN", PAIRS),
    "ecr": ("tag_resource", "untag_resource", "resourceArn", PAIRS),
    "eks": ("tag_resource", "untag_resource", "resourceArn", MAP),
    "elasticache": ("add_tags_to_resource", "remove_tags_from_resource", "ResourceName", PAIRS),
    "elbv2": ("add_tags", "remove_tags", "ResourceArns", PAIRS),
    "logs": ("tag_resource", "untag_resource", "resourceArn", MAP),
    "rds": ("add_tags_to_resource", "remove_tags_from_resource", "ResourceName", PAIRS),
    "secretsmanager": ("tag_resource", "untag_resource", "SecretId", PAIRS),
    "sns": ("tag_resource", "untag_resource", "ResourceArn", PAIRS),
    "wafv2": ("tag_resource", "untag_resource", "ResourceARN", PAIRS),
}
"""By service: the call that sets, the call that removes, the member that names, the form."""


NAMED = {
    "aws:iam/role:Role": ("tag_role", "untag_role", "RoleName"),
    "aws:iam/instanceProfile:InstanceProfile": (
        "tag_instance_profile",
        "untag_instance_profile",
        "InstanceProfileName",
    ),
    "aws:iam/policy:Policy": ("tag_policy", "untag_policy", "PolicyArn"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        "tag_open_id_connect_provider",
        "untag_open_id_connect_provider",
        "OpenIDConnectProviderArn",
    ),
    "aws:kms/key:Key": ("tag_resource", "untag_resource", "KeyId"),
}
"""Types whose tags go by their own name, not by ARN."""


def add_to_create(call: Call, spec: Spec, arguments: JsonObject) -> None:
    """Put the tags into the arguments of create, where it takes them."""
    if not call.tags:
        return
    shape = call.aws.input_shape(spec.service, spec.create)
    if spec.tag_type and "TagSpecifications" in shape.members:
        pairs = _pairs(call.tags)
        arguments["TagSpecifications"] = [{"ResourceType": spec.tag_type, "Tags": pairs}]
        return
    member = members(shape).get("tags")
    if member is None:
        return
    inner = shape.members[member]
    if isinstance(inner, MapShape):
        arguments[member] = dict(call.tags)
    elif isinstance(inner, ListShape):
        # KMS says TagKey and TagValue, all others Key and Value.
        prefix = "Tag" if spec.service == "kms" else ""
        arguments[member] = _pairs(call.tags, prefix)
    else:
        arguments[member] = {"Items": _pairs(call.tags)}


def _pairs(tags: dict[str, str], prefix: str = "") -> list[dict[str, str]]:
    return [{f"{prefix}Key": k, f"{prefix}Value": str(v)} for k, v in sorted(tags.items())]


def change(call: Call, spec: Spec, *, arn: Callable[[], str]) -> None:
    """Bring the tags of an existing object to what an update wants; `arn` is asked if needed."""
    olds: dict[str, str] = (call.olds or {}).get("tags") or {}
    news: dict[str, str] = as_object(call.props.get("tags"))
    removed = sorted(olds.keys() - news.keys() - call.tags.keys())
    if olds == news:
        return
    if spec.service == "ec2":
        if removed:
            call.do("delete_tags", Resources=[call.id], Tags=[{"Key": k} for k in removed])
        call.do("create_tags", Resources=[call.id], Tags=_pairs(call.tags))
        return
    if spec.pulumi_type in NAMED:
        set_, unset, member = NAMED[spec.pulumi_type]
        _set(call, (set_, unset, member, PAIRS), call.id, removed)
    elif spec.service in CHANGES:
        target = call.id if call.id.startswith("arn:") else arn()
        _set(call, CHANGES[spec.service], target, removed)


def _set(call: Call, how: tuple[str, str, str, str], name: str, removed: list[str]) -> None:
    set_, unset, member, form = how
    target: Any = [name] if member.endswith("Arns") else name
    shape = call.aws.input_shape(call.service, set_)
    prefix = "Tag" if call.service == "kms" else ""
    tags: Any = dict(call.tags) if form == MAP else _pairs(call.tags, prefix)
    if call.tags:
        call.do(set_, **{member: target, members(shape)["tags"]: tags})
    if removed:
        names = members(call.aws.input_shape(call.service, unset))
        keys = names.get("tagkeys")
        rest: JsonObject = (
            {keys: removed} if keys else {names["tags"]: [{"Key": k} for k in removed]}
        )
        call.do(unset, **{member: target, **rest})


def show(call: Call, got: JsonObject, out: JsonObject) -> None:
    """Set `tags` (the resource's own) and `tagsAll` from what the cloud tells, if it tells."""
    low = low_keys(got)
    told = next((low[name] for name in NAMES if name in low), None)
    if isinstance(told, list):
        told = tag_map(cast("list[Any]", told)) or {}
    declared: dict[str, str] = as_object(call.props.get("tags"))
    if isinstance(told, dict):
        all_: dict[str, str] = {
            k: v for k, v in cast("dict[str, str]", told).items() if not k.startswith("aws:")
        }
        defaults = call.aws.default_tags
        own = {k: v for k, v in all_.items() if k in declared or defaults.get(k) != v}
    else:
        all_, own = {**call.aws.default_tags, **declared}, declared
    out["tagsAll"] = all_
    if own or "tags" in call.props:
        out["tags"] = own
