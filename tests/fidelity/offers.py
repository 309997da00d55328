"""What AWS offers in a region: engine versions, instance classes, zones; from cfn-lint's data."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from stackyard.local.aws import cloudformation
from tests.fidelity.schema import Kinds, refused

EXTRA = {
    "AWS::EC2::LaunchTemplate": {
        "aws_ec2_instance/instancetype_enum": ("LaunchTemplateData", "InstanceType")
    },
    "AWS::EKS::Nodegroup": {"aws_ec2_instance/instancetype_enum": ("InstanceTypes",)},
    "AWS::ElastiCache::ReplicationGroup": {
        "aws_elasticache_cachecluster/cachenodetype_enum": ("CacheNodeType",),
        "aws_elasticache_cachecluster/engine_version": (),
    },
    "AWS::Lambda::Function": {"aws_lambda_function/zipfile_runtime_enum": ("Runtime",)},
}
"""Rules of one type that hold for another, and the property that they hold for."""
PROPERTY_RULES = {
    "aws_rds_dbcluster/dbclusterinstanceclass_enum": ("DBClusterInstanceClass",),
    "aws_ec2_instance/instancetype_enum": ("InstanceType",),
    "aws_cloudfront_distribution/forward_enum": (
        "DistributionConfig",
        "DefaultCacheBehavior",
        "ForwardedValues",
        "Cookies",
        "Forward",
    ),
}
"""Rules of a type that hold for one property, not for the whole document."""


def faults(body: Any, type_: str, region: str, kinds: Kinds) -> list[tuple[str, str]]:
    """What cfn-lint's rules beyond the schema say of a document."""
    return [
        fault
        for rule, at in _rules(type_)
        for value in _at(body, at)
        if (schema := _schema(rule, region)) is not None
        for fault in refused(schema, value, kinds)
    ]


def zone_is_offered(zone: str, region: str) -> bool:
    """Whether a region has a zone of that name."""
    return zone in _zones().get(region, ())


@cache
def _zones() -> dict[str, list[str]]:
    # Here alone: it takes most of a second, and its zones are no file of their own.
    from cfnlint.helpers import AVAILABILITY_ZONES  # noqa: PLC0415  # slow

    return AVAILABILITY_ZONES


@cache
def _rules(type_: str) -> list[tuple[str, tuple[str, ...]]]:
    folder = type_.replace("::", "_").lower()
    own = sorted((cloudformation.folder() / "extensions" / folder).glob("*.json"))
    names = [f"{folder}/{file.stem}" for file in own]
    return [
        *((name, PROPERTY_RULES.get(name, ())) for name in names),
        *EXTRA.get(type_, {}).items(),
    ]


@cache
def _schema(rule: str, region: str) -> Any:
    path = cloudformation.folder() / f"extensions/{rule}.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    # Some are kept by region; a region that is missing has no such offer listed.
    return found.get(region) if "us-east-1" in found else found


def _at(body: Any, at: tuple[str, ...]) -> Iterator[Any]:
    if not at:
        yield from body if isinstance(body, list) else [body]
    elif isinstance(body, dict) and at[0] in body:
        yield from _at(body[at[0]], at[1:])
