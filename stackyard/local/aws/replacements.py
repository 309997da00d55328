"""Which property changes force a replacement.

Source: createOnlyProperties of the CloudFormation schemas that cfn-lint ships (moto depends on
it), brought to Pulumi's names, with the rows' own `replacing` and `in_place` on top.
"""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from stackyard.local.aws import sdk
from stackyard.local.aws.kept import KINDS
from stackyard.local.aws.names import norm
from stackyard.local.aws.spec import Spec
from stackyard.local.aws.table import TABLE
from stackyard.local.wire import JsonObject

SERVICES = {
    "acm": "CertificateManager", "apigateway": "ApiGateway", "apigatewayv2": "ApiGatewayV2",
    "appautoscaling": "ApplicationAutoScaling", "backup": "Backup", "cloudfront": "CloudFront",
    "cloudwatch": "CloudWatch", "ec2": "EC2", "ecr": "ECR", "eks": "EKS",
    "elasticache": "ElastiCache", "iam": "IAM", "kms": "KMS", "lambda": "Lambda",
    "lb": "ElasticLoadBalancingV2", "rds": "RDS", "route53": "Route53", "s3": "S3",
    "secretsmanager": "SecretsManager", "sns": "SNS", "sqs": "SQS", "ssm": "SSM", "vpc": "EC2",
    "wafv2": "WAFv2",
}  # fmt: skip
TYPES = {
    "cloudwatch.LogGroup": "Logs::LogGroup", "cloudwatch.MetricAlarm": "CloudWatch::Alarm",
    "ec2.Eip": "EC2::EIP", "eks.NodeGroup": "EKS::Nodegroup", "iam.Policy": "IAM::ManagedPolicy",
    "rds.Cluster": "RDS::DBCluster", "rds.ClusterInstance": "RDS::DBInstance",
    "rds.ClusterParameterGroup": "RDS::DBClusterParameterGroup", "rds.Proxy": "RDS::DBProxy",
    "rds.ParameterGroup": "RDS::DBParameterGroup", "rds.SubnetGroup": "RDS::DBSubnetGroup",
    "rds.ProxyEndpoint": "RDS::DBProxyEndpoint", "route53.Zone": "Route53::HostedZone",
    "ec2.NatGateway": "EC2::NatGateway", "appautoscaling.Target":
    "ApplicationAutoScaling::ScalableTarget", "appautoscaling.Policy":
    "ApplicationAutoScaling::ScalingPolicy",
}  # fmt: skip
SAME = {
    "arn": "", "tags": "", "region": "",
    "clusteridentifier": "dbclusteridentifier", "identifier": "dbinstanceidentifier",
    "vpcconfig": "resourcesvpcconfig", "subnetids": "subnets", "noderolearn": "noderole",
}  # fmt: skip
"""Pulumi's name (normalised) to CloudFormation's, where they differ; nothing for never."""

Path_ = tuple[str, ...]


def replacing(token: str, olds: JsonObject, news: JsonObject) -> set[str]:
    """The top-level properties whose change, nested ones included, forces a replacement."""
    changed = {k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k)}
    if not changed:
        return set()
    top, nested = force_new(token)
    out = changed & top
    for path in nested:
        if path[0] in changed and _at(olds, path) != _at(news, path):
            out.add(path[0])
    return out


@cache
def force_new(token: str) -> tuple[frozenset[str], frozenset[Path_]]:
    """Properties that replace, and nested ones as paths: `accessConfig`, `bootstrap…`."""
    spec, kind = TABLE.get(token), KINDS.get(token)
    declared = sdk.describe(token).inputs
    by_norm = {norm(name): name for name in declared}
    for name in declared:
        other = SAME.get(norm(name))
        if other is not None:
            by_norm.pop(norm(name), None)
            by_norm[other] = name
    name = (spec.name if spec else kind.name if kind else "name") or "name"
    top: set[str] = set()
    nested: set[Path_] = set()
    for pointer in _create_only(token):
        head = by_norm.get(norm(pointer[0])) or _physical(pointer[0], name, declared, token)
        if head is None:
            continue
        if len(pointer) == 1:
            top.add(head)
        else:
            nested.add((head, *pointer[1:]))
    for path in spec.replacing if spec else kind.replacing if kind else ():
        head, *inner = path.split(".")
        if inner:
            nested.add((head, *inner))
        else:
            top.add(head)
    top |= {f"{key}Prefix" for key in top if f"{key}Prefix" in declared}
    top |= _elsewhere(spec)
    top -= set(spec.in_place if spec else ())
    return frozenset(top), frozenset(nested)


def _elsewhere(spec: Spec | None) -> set[str]:
    """Another region is another object, whatever the type."""
    return (
        {"region"} if spec is None or "region" in sdk.describe(spec.pulumi_type).inputs else set()
    )


def _physical(pointer: str, name: str, declared: frozenset[str], token: str) -> str | None:
    """`GroupName` of a SecurityGroup means Pulumi's `name`."""
    low, tail = norm(pointer), token.rsplit(":", 1)[-1].lower()
    if name not in declared or not low.endswith("name"):
        return None
    head = low.removesuffix("name")
    return name if head and (tail.endswith(head) or head.endswith(tail)) else None


def _at(document: JsonObject, path: Path_) -> Any:
    value: Any = document
    for name in path:
        if isinstance(value, list):
            items = cast("list[Any]", value)
            value = items[0] if items else None
        if not isinstance(value, dict):
            return None
        low = {norm(k): v for k, v in cast("JsonObject", value).items()}
        value = low.get(norm(name))
    return value


def _create_only(token: str) -> list[Path_]:
    _, module, kind = token.split(":")
    short = f"{module.split('/')[0]}.{kind}"
    service = SERVICES.get(module.split("/")[0], "")
    schema = _schema(f"AWS::{TYPES.get(short) or f'{service}::{kind}'}")
    pointers: list[str] = schema.get("createOnlyProperties", [])
    return [tuple(pointer.split("/")[2:]) for pointer in pointers]


@cache
def _folder() -> Path:
    # Found, not imported: importing cfn-lint takes most of a second.
    found = importlib.util.find_spec("cfnlint")
    if found is None or found.origin is None:
        raise LookupError("cfn-lint is not installed; run make setup")
    return Path(found.origin).parent / "data/schemas"


@cache
def _index() -> dict[str, str]:
    listed = json.loads((_folder() / "providers/us-east-1.json").read_text(encoding="utf-8"))
    return {name.lower(): hash_ for name, hash_ in listed.items()}


@cache
def _schema(name: str) -> JsonObject:
    hash_ = _index().get(name.lower())
    if hash_ is None:
        return {}
    return json.loads((_folder() / f"resources/{hash_}.json").read_text(encoding="utf-8"))
