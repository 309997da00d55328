"""What a resource's own inputs name: no object outside the state, or one with a known id."""

import re

from stackyard.ops.repair_state import JsonObject, as_object

NOTHING_OUTSIDE = re.compile(
    r"random:|pulumi:"
    # The wait for a certificate, and a group that comes with its VPC: neither is made.
    r"|aws:acm/certificateValidation:|aws:ec2/defaultSecurityGroup:"
)
"""Types whose creation leaves nothing behind: made again at no cost."""

IDS = {
    "aws:appautoscaling/policy:Policy": (
        "{serviceNamespace}/{resourceId}/{scalableDimension}/{name}"
    ),
    "aws:appautoscaling/target:Target": "{serviceNamespace}/{resourceId}/{scalableDimension}",
    "aws:cloudfront/function:Function": "{name}",
    "aws:cloudwatch/logGroup:LogGroup": "{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "{name}",
    "aws:ec2/route:Route": "{routeTableId}_{destinationCidrBlock}",
    "aws:ec2/routeTableAssociation:RouteTableAssociation": "{subnetId}/{routeTableId}",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": "{repository}",
    "aws:ecr/repository:Repository": "{name}",
    "aws:eks/accessEntry:AccessEntry": "{clusterName}:{principalArn}",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "{clusterName}#{principalArn}#{policyArn}"
    ),
    "aws:eks/addon:Addon": "{clusterName}:{addonName}",
    "aws:eks/cluster:Cluster": "{name}",
    "aws:eks/nodeGroup:NodeGroup": "{clusterName}:{nodeGroupName}",
    "aws:elasticache/parameterGroup:ParameterGroup": "{name}",
    "aws:elasticache/replicationGroup:ReplicationGroup": "{replicationGroupId}",
    "aws:elasticache/serverlessCache:ServerlessCache": "{name}",
    "aws:elasticache/subnetGroup:SubnetGroup": "{name}",
    "aws:elasticache/user:User": "{userId}",
    "aws:elasticache/userGroup:UserGroup": "{userGroupId}",
    "aws:iam/instanceProfile:InstanceProfile": "{name}",
    "aws:iam/role:Role": "{name}",
    "aws:iam/rolePolicy:RolePolicy": "{role}:{name}",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "{role}/{policyArn}",
    "aws:rds/cluster:Cluster": "{clusterIdentifier}",
    "aws:rds/clusterInstance:ClusterInstance": "{identifier}",
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": "{name}",
    "aws:rds/eventSubscription:EventSubscription": "{name}",
    "aws:rds/parameterGroup:ParameterGroup": "{name}",
    "aws:rds/proxy:Proxy": "{name}",
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": "{dbProxyName}",
    "aws:rds/proxyEndpoint:ProxyEndpoint": "{dbProxyName}/{dbProxyEndpointName}",
    "aws:rds/proxyTarget:ProxyTarget": (
        "{dbProxyName}/{targetGroupName}/TRACKED_CLUSTER/{dbClusterIdentifier}"
    ),
    "aws:rds/subnetGroup:SubnetGroup": "{name}",
    "aws:route53/record:Record": "{zoneId}_{name}_{type}",
    "aws:s3/bucket:Bucket": "{bucket}",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": "{bucket}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "{bucket}/{key}",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "{bucket}",
    "aws:s3/bucketPolicy:BucketPolicy": "{bucket}",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "{bucket}",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "{bucket}"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": "{bucket}",
    "aws:secretsmanager/secretRotation:SecretRotation": "{secretId}",
    "aws:ssm/parameter:Parameter": "{name}",
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": "{resourceArn}",
    "kubernetes:helm.sh/v3:Release": "{namespace}/{name}",
}
"""The id to import by, as the Pulumi Registry gives it under "Import" of each resource."""

CLUSTER_SCOPED = re.compile(r":(Namespace|ClusterRole\w*|StorageClass|CustomResourceDefinition)$")
FIELD = re.compile(r"{(\w+)}")


class UnknownNameError(LookupError):
    """An input that the id is made of has no plain value."""


def has_id(token: str) -> bool:
    """Whether the type's id follows from its inputs."""
    return token in IDS or token.startswith("kubernetes:")


def id_of(token: str, inputs: JsonObject) -> str:
    """The id that an object with these inputs has. Raises `UnknownNameError`."""
    if token in IDS:
        return FIELD.sub(lambda field: _text(inputs, field[1]), IDS[token])
    metadata = as_object(inputs.get("metadata"))
    name = _text(metadata, "name")
    if CLUSTER_SCOPED.search(token):
        return name
    return f"{metadata.get('namespace') or 'default'}/{name}"


def _text(inputs: JsonObject, field: str) -> str:
    value = inputs.get(field)
    # A secret stands in the state as an object.
    if not isinstance(value, str | int):
        raise UnknownNameError(f"its {field} is not known")
    return str(value)
