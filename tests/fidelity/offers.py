"""What AWS offers in a region: engine versions, instance classes, zones; from cfn-lint's data."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader

from stackyard.local.aws import cloudformation
from tests.fidelity.schema import Kinds, refused
from tests.fidelity.unknown import is_faked

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
LISTED = {
    "AWS::CertificateManager::Certificate": {("ValidationMethod",): ("acm", "ValidationMethod")},
    "AWS::CloudFront::Function": {("FunctionConfig", "Runtime"): ("cloudfront", "FunctionRuntime")},
    "AWS::Lambda::Function": {("Runtime",): ("lambda", "Runtime")},
}
"""Enumerations that botocore has and CloudFormation's schemas lack."""


def faults(body: Any, type_: str, region: str, kinds: Kinds) -> list[tuple[str, str]]:
    """What cfn-lint's rules beyond the schema say of a document."""
    found = [
        (place or ".".join(at), f"{says} (rule {rule.partition('/')[2]})")
        for rule, at in _rules(type_)
        for value in _at(body, at)
        if (schema := _schema(rule, region)) is not None
        for place, says in refused(schema, value, kinds)
    ]
    found += [("AvailabilityZone", says) for says in _zones(body, region)]
    return found + [(".".join(at), says) for at, says in _listed(body, type_)]


def _zones(value: Any, region: str) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _zones(inner, region)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in {"AvailabilityZone", "AvailabilityZones"}:
                for zone in inner if isinstance(inner, list) else [inner]:
                    if not is_faked(zone) and zone not in zones(region):
                        yield f"{zone!r} is no zone of {region}: {', '.join(zones(region))}"
            else:
                yield from _zones(inner, region)


def zones(region: str) -> list[str]:
    """The availability zones of a region."""
    from cfnlint.helpers import AVAILABILITY_ZONES  # noqa: PLC0415  # the package takes a second

    return AVAILABILITY_ZONES.get(region, [])


def _listed(body: Any, type_: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values outside botocore's enumerations, where CloudFormation's schema has none."""
    for at, (service, shape) in LISTED.get(type_, {}).items():
        allowed = _enumeration(service, shape)
        for value in _at(body, at):
            if value not in allowed:
                yield at, f"{value!r} is not one of {', '.join(allowed)}"
            elif type_ == "AWS::Lambda::Function" and blocked(value, datetime.now(UTC).date()):
                yield at, f"{value!r} is no longer taken for new functions"


def blocked(runtime: str, on: date) -> bool:
    """Whether Lambda takes no new function of a runtime on a day."""
    from_day = _runtimes().get(runtime, {}).get("create-block")
    return from_day is not None and from_day <= on.isoformat()


@cache
def _runtimes() -> dict[str, dict[str, str | None]]:
    path = cloudformation.folder().parent / "AdditionalSpecs/LmbdRuntimeLifecycle.json"
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _enumeration(service: str, shape: str) -> list[str]:
    loaded = Loader().load_service_model(service, "service-2")
    return loaded["shapes"][shape]["enum"]


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
