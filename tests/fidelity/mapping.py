"""Which CloudFormation type, and which part of it, a Pulumi type is.

The embedded cloud's table comes first; here stands what Pulumi cuts up or calls otherwise.
"""

from dataclasses import dataclass, replace

from stackyard.local.aws import cloudformation
from stackyard.local.aws.cloudformation import short


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a Pulumi type's properties stand in CloudFormation."""

    type: str
    at: tuple[str, ...] = ()
    """Path to the object that the properties belong to; `[]` is a list's item."""
    part: bool = False
    """Whether another Pulumi resource gives the rest, so that nothing can be missed here."""
    filled: tuple[str, ...] = ()
    """Required properties that Pulumi's provider fills in by itself."""


def _bucket(*at: str) -> Target:
    return Target(type="AWS::S3::Bucket", at=at, part=True)


TARGETS = {
    "apigateway.IntegrationResponse": Target(
        type="AWS::ApiGateway::Method", at=("Integration", "IntegrationResponses", "[]"), part=True
    ),
    "apigateway.Integration": Target(
        type="AWS::ApiGateway::Method", at=("Integration",), part=True
    ),
    "apigateway.MethodResponse": Target(
        type="AWS::ApiGateway::Method", at=("MethodResponses", "[]"), part=True
    ),
    "apigateway.MethodSettings": Target(
        type="AWS::ApiGateway::Stage", at=("MethodSettings", "[]"), part=True
    ),
    "apigatewayv2.VpcLink": Target(type="AWS::ApiGatewayV2::VpcLink"),
    "cloudfront.CachePolicy": Target(
        type="AWS::CloudFront::CachePolicy", at=("CachePolicyConfig",)
    ),
    "cloudfront.Distribution": Target(
        type="AWS::CloudFront::Distribution", at=("DistributionConfig",)
    ),
    "cloudfront.KeyGroup": Target(type="AWS::CloudFront::KeyGroup", at=("KeyGroupConfig",)),
    "cloudfront.OriginAccessControl": Target(
        type="AWS::CloudFront::OriginAccessControl", at=("OriginAccessControlConfig",)
    ),
    "cloudfront.OriginRequestPolicy": Target(
        type="AWS::CloudFront::OriginRequestPolicy", at=("OriginRequestPolicyConfig",)
    ),
    "cloudfront.PublicKey": Target(
        type="AWS::CloudFront::PublicKey", at=("PublicKeyConfig",), filled=("CallerReference",)
    ),
    "cloudfront.ResponseHeadersPolicy": Target(
        type="AWS::CloudFront::ResponseHeadersPolicy", at=("ResponseHeadersPolicyConfig",)
    ),
    "cloudwatch.EventRule": Target(type="AWS::Events::Rule"),
    "cloudwatch.EventTarget": Target(
        type="AWS::Events::Rule", at=("Targets", "[]"), part=True, filled=("Id",)
    ),
    "ec2.DefaultSecurityGroup": Target(type="AWS::EC2::SecurityGroup", part=True),
    "ec2.EgressOnlyInternetGateway": Target(type="AWS::EC2::EgressOnlyInternetGateway"),
    "ec2.LaunchTemplate": Target(type="AWS::EC2::LaunchTemplate", at=("LaunchTemplateData",)),
    "ec2.RouteTableAssociation": Target(type="AWS::EC2::SubnetRouteTableAssociation"),
    "ecr.LifecyclePolicy": Target(type="AWS::ECR::Repository", at=("LifecyclePolicy",), part=True),
    "eks.AccessPolicyAssociation": Target(
        type="AWS::EKS::AccessEntry", at=("AccessPolicies", "[]"), part=True
    ),
    "iam.OpenIdConnectProvider": Target(type="AWS::IAM::OIDCProvider"),
    "iam.RolePolicyAttachment": Target(type="AWS::IAM::Role", part=True),
    "kms.Alias": Target(type="AWS::KMS::Alias"),
    "rds.ClusterParameterGroup": Target(type="AWS::RDS::DBClusterParameterGroup"),
    "rds.ProxyDefaultTargetGroup": Target(type="AWS::RDS::DBProxyTargetGroup", part=True),
    "rds.ProxyTarget": Target(type="AWS::RDS::DBProxyTargetGroup", part=True),
    "route53.Record": Target(type="AWS::Route53::RecordSet"),
    "s3.BucketLifecycleConfiguration": _bucket("LifecycleConfiguration"),
    "s3.BucketNotification": _bucket("NotificationConfiguration"),
    "s3.BucketOwnershipControls": _bucket("OwnershipControls"),
    "s3.BucketPublicAccessBlock": _bucket("PublicAccessBlockConfiguration"),
    "s3.BucketServerSideEncryptionConfiguration": _bucket("BucketEncryption"),
    "s3.BucketVersioning": _bucket(),
    "secretsmanager.SecretRotation": Target(type="AWS::SecretsManager::RotationSchedule"),
    "secretsmanager.SecretVersion": Target(type="AWS::SecretsManager::Secret", part=True),
    "sns.TopicSubscription": Target(type="AWS::SNS::Subscription"),
    "vpc.SecurityGroupEgressRule": Target(type="AWS::EC2::SecurityGroupEgress"),
    "vpc.SecurityGroupIngressRule": Target(type="AWS::EC2::SecurityGroupIngress"),
    "wafv2.WebAclLoggingConfiguration": Target(type="AWS::WAFv2::LoggingConfiguration"),
}
UNCHECKED = {
    "acm.CertificateValidation": "a wait of the provider's own: AWS has no such object",
    "s3.BucketObjectv2": "CloudFormation has no objects of a bucket",
    "s3.BucketObject": "CloudFormation has no objects of a bucket",
}
"""Types without any schema, with the reason."""


def target(token: str) -> Target | None:
    """Where a Pulumi type stands in CloudFormation; None where it stands nowhere."""
    found = TARGETS.get(short(token)) or Target(type=cloudformation.type_name(token))
    spelled = cloudformation.spelled(found.type)
    if spelled is None:
        return None
    return replace(found, type=spelled)
