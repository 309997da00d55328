"""CloudFormation's resource schemas, as cfn-lint ships them, found by Pulumi's types."""

import importlib.util
import json
from functools import cache
from pathlib import Path

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


def short(token: str) -> str:
    """`rds.Cluster` of `aws:rds/cluster:Cluster`."""
    _, module, kind = token.split(":")
    return f"{module.split('/')[0]}.{kind}"


def type_name(token: str) -> str:
    """CloudFormation's name of a Pulumi type, by the table or else by the rule."""
    service, kind = short(token).split(".")
    named = TYPES.get(short(token)) or f"{SERVICES.get(service, '')}::{kind}"
    return f"AWS::{named}"


@cache
def folder() -> Path:
    """Where cfn-lint keeps its schemas."""
    # Found, not imported: importing cfn-lint takes most of a second.
    found = importlib.util.find_spec("cfnlint")
    if found is None or found.origin is None:
        raise LookupError("cfn-lint is not installed; run make setup")
    return Path(found.origin).parent / "data/schemas"


@cache
def _index(region: str) -> dict[str, tuple[str, str]]:
    file = folder() / f"providers/{region}.json"
    if not file.exists():
        return {}
    text = file.read_text(encoding="utf-8")
    return {name.lower(): (name, hash_) for name, hash_ in json.loads(text).items()}


def spelled(name: str, region: str = "us-east-1") -> str | None:
    """A type's name in CloudFormation's own letters; None where the region lacks the type."""
    found = _index(region).get(name.lower())
    return found[0] if found else None


@cache
def schema(name: str, region: str = "us-east-1") -> JsonObject:
    """The schema of a type in a region; empty where it has none, or there is no such region."""
    found = _index(region).get(name.lower())
    if found is None:
        return {}
    return json.loads((folder() / f"resources/{found[1]}.json").read_text(encoding="utf-8"))
