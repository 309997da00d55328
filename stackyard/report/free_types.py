"""Resources that AWS charges nothing for as such, or that are none of AWS's."""

from stackyard.report.graph import Node

_FREE = (
    "kubernetes:",
    "pulumi:",
    "random:",
    "aws:acm/certificate",
    "aws:appautoscaling/",
    "aws:cloudfront/cachePolicy:",
    "aws:cloudfront/keyGroup:",
    "aws:cloudfront/originAccessControl:",
    "aws:cloudfront/originRequestPolicy:",
    "aws:cloudfront/publicKey:",
    "aws:cloudfront/responseHeadersPolicy:",
    "aws:cloudfront/vpcOrigin:",
    "aws:cloudwatch/eventRule:",
    "aws:cloudwatch/eventTarget:",
    "aws:ec2/defaultSecurityGroup:",
    "aws:ec2/egressOnlyInternetGateway:",
    "aws:ec2/flowLog:",
    "aws:ec2/internetGateway:",
    "aws:ec2/launchTemplate:",
    "aws:ec2/networkInterface:",
    "aws:ec2/route",
    "aws:ec2/securityGroup",
    "aws:ec2/subnet:",
    "aws:ec2/vpc:",
    "aws:ecr/lifecyclePolicy:",
    "aws:eks/access",
    "aws:eks/addon:",
    "aws:eks/podIdentityAssociation:",
    "aws:elasticache/parameterGroup:",
    "aws:elasticache/subnetGroup:",
    "aws:elasticache/user",
    "aws:iam/",
    "aws:kms/alias:",
    "aws:lb/listener",
    "aws:lb/targetGroup",
    "aws:rds/clusterParameterGroup:",
    "aws:rds/eventSubscription:",
    "aws:rds/parameterGroup:",
    "aws:rds/proxyDefaultTargetGroup:",
    "aws:rds/proxyTarget:",
    "aws:rds/subnetGroup:",
    "aws:route53/record:",
    "aws:s3/bucketLifecycleConfiguration:",
    "aws:s3/bucketObject",
    "aws:s3/bucketOwnershipControls:",
    "aws:s3/bucketPolicy:",
    "aws:s3/bucketPublicAccessBlock:",
    "aws:s3/bucketServerSideEncryptionConfiguration:",
    "aws:s3/bucketVersioning:",
    "aws:secretsmanager/secretRotation:",
    "aws:secretsmanager/secretVersion:",
    "aws:sqs/queuePolicy:",
    "aws:ssm/parameter:",
    "aws:vpc/securityGroup",
    "aws:wafv2/webAclLoggingConfiguration:",
)
"""Free by themselves; what they cause (logs, objects, data) stands with what holds it. A type that
is neither here nor among the items is not priced, and said to be."""


def is_free(node: Node) -> bool:
    """Whether AWS charges nothing for it as such, or it is none of AWS's."""
    return not node.custom or node.type.startswith(_FREE)
