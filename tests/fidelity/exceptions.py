"""Properties that do not follow the rule of names, by Pulumi type and path.

`"A.B"` is where a property stands, from its own object; `"/A"` from the document's root; `""` that
its content stands directly in the object round it. `Own` says why CloudFormation has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Own:
    """A property that belongs to Pulumi's provider, and why no schema speaks of it."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Means:
    """A property whose value, or neighbour, is another one in CloudFormation."""

    at: str
    values: Mapping[Any, Any] = field(default_factory=dict[Any, Any])
    also: Mapping[str, Any] = field(default_factory=dict[str, Any])


Exception_ = str | Own | Means
ATTRIBUTE = Own("one of the attributes, a list of any keys and texts in the schema")
DELETION = Own("what a deletion does: a DeletionPolicy in CloudFormation")
CALLS = Own("how the provider calls, not what is made")
_ACTIONS = {
    "fixedResponse": "FixedResponseConfig",
    "forward": "ForwardConfig",
    "forward.stickiness": "TargetGroupStickinessConfig",
    "forward.stickiness.duration": "DurationSeconds",
    "redirect": "RedirectConfig",
}
_CONDITIONS = {
    "hostHeader": "HostHeaderConfig",
    "httpHeader": "HttpHeaderConfig",
    "httpRequestMethod": "HttpRequestMethodConfig",
    "pathPattern": "PathPatternConfig",
    "queryStrings": "QueryStringConfig.Values",
    "sourceIp": "SourceIpConfig",
}


def _below(path: str, table: Mapping[str, str]) -> dict[str, Exception_]:
    return {f"{path}.{name}": where for name, where in table.items()}


ANY: dict[str, Exception_] = {
    "applyImmediately": CALLS,
    "skipFinalSnapshot": DELETION,
    "finalSnapshotIdentifier": DELETION,
    "forceDestroy": DELETION,
    "skipDestroy": DELETION,
}
"""Where the type itself has no such property."""

EXCEPTIONS: dict[str, dict[str, Exception_]] = {
    "cloudfront.Distribution": {
        "orderedCacheBehaviors": "CacheBehaviors",
        "isIpv6Enabled": "IPV6Enabled",
        "loggingConfig": "Logging",
        "originGroups.originId": "Id",
        "origins.customHeaders.name": "HeaderName",
        "origins.customHeaders.value": "HeaderValue",
        "retainOnDelete": DELETION,
        "waitForDeployment": CALLS,
    },
    "cloudfront.Function": {
        "comment": "FunctionConfig.Comment",
        "keyValueStoreAssociations": "FunctionConfig.KeyValueStoreAssociations",
        "publish": "AutoPublish",
        "runtime": "FunctionConfig.Runtime",
    },
    "cloudwatch.EventTarget": {"rule": "/Name", "targetId": "Id"},
    "cloudwatch.MetricAlarm": {
        "metricQueries": "Metrics",
        "metricQueries.metric": "MetricStat",
        "metricQueries.metric.dimensions": "Metric.Dimensions",
        "metricQueries.metric.metricName": "Metric.MetricName",
        "metricQueries.metric.namespace": "Metric.Namespace",
    },
    "ec2.FlowLog": {
        "vpcId": Means(at="ResourceId", also={"ResourceType": "VPC"}),
        "iamRoleArn": "DeliverLogsPermissionArn",
    },
    "ec2.InternetGateway": {"vpcId": Own("an attachment, a type of its own in CloudFormation")},
    "ec2.LaunchTemplate": {
        "name": "/LaunchTemplateName",
        "vpcSecurityGroupIds": "SecurityGroupIds",
        "updateDefaultVersion": Own("the provider sets the default version by a second call"),
    },
    "ec2.Route": {"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"},
    "ec2.Vpc": {
        "assignGeneratedIpv6CidrBlock": Own("a block of addresses, a type of its own there")
    },
    "ec2.VpcEndpoint": {"policy": "PolicyDocument"},
    "ecr.LifecyclePolicy": {"policy": "LifecyclePolicyText", "repository": "/RepositoryName"},
    "ecr.Repository": {
        "encryptionConfigurations": "EncryptionConfiguration",
        "forceDelete": "EmptyOnDelete",
        "name": "RepositoryName",
    },
    "eks.AccessPolicyAssociation": {
        "clusterName": "/ClusterName",
        "principalArn": "/PrincipalArn",
    },
    "eks.Addon": {
        "preserve": "PreserveOnDelete",
        "resolveConflictsOnCreate": "ResolveConflicts",
        "resolveConflictsOnUpdate": "ResolveConflicts",
    },
    "eks.Cluster": {
        "enabledClusterLogTypes": "Logging.ClusterLogging.EnabledTypes",
        "vpcConfig": "ResourcesVpcConfig",
    },
    "eks.NodeGroup": {
        "forceUpdateVersion": "ForceUpdateEnabled",
        "nodeRoleArn": "NodeRole",
        "subnetIds": "Subnets",
    },
    "elasticache.ParameterGroup": {"parameters": "Properties"},
    "elasticache.ReplicationGroup": {
        "logDeliveryConfigurations.destination": (
            "DestinationDetails.CloudWatchLogsDetails.LogGroup"
        ),
        "maintenanceWindow": "PreferredMaintenanceWindow",
    },
    "iam.Policy": {"policy": "PolicyDocument"},
    "iam.Role": {"assumeRolePolicy": "AssumeRolePolicyDocument"},
    "iam.RolePolicy": {"policy": "PolicyDocument", "role": "RoleName"},
    "iam.RolePolicyAttachment": {"policyArn": "ManagedPolicyArns", "role": "RoleName"},
    "kms.Key": {
        "deletionWindowInDays": "PendingWindowInDays",
        "isEnabled": "Enabled",
        "policy": "KeyPolicy",
    },
    "lb.Listener": {
        "certificateArn": "Certificates.CertificateArn",
        **_below("defaultActions", _ACTIONS),
    },
    "lb.ListenerRule": {**_below("actions", _ACTIONS), **_below("conditions", _CONDITIONS)},
    "lb.LoadBalancer": {
        "internal": Means(at="Scheme", values={True: "internal", False: "internet-facing"}),
        "accessLogs": ATTRIBUTE,
        "connectionLogs": ATTRIBUTE,
        "desyncMitigationMode": ATTRIBUTE,
        "dropInvalidHeaderFields": ATTRIBUTE,
        "enableDeletionProtection": ATTRIBUTE,
        "enableHttp2": ATTRIBUTE,
        "idleTimeout": ATTRIBUTE,
    },
    "lb.TargetGroup": {
        "deregistrationDelay": ATTRIBUTE,
        "loadBalancingAlgorithmType": ATTRIBUTE,
        "slowStart": ATTRIBUTE,
        "stickiness": ATTRIBUTE,
        "healthCheck": "",
        "healthCheck.enabled": "HealthCheckEnabled",
        "healthCheck.healthyThreshold": "HealthyThresholdCount",
        "healthCheck.interval": "HealthCheckIntervalSeconds",
        "healthCheck.matcher": "Matcher.HttpCode",
        "healthCheck.path": "HealthCheckPath",
        "healthCheck.port": "HealthCheckPort",
        "healthCheck.protocol": "HealthCheckProtocol",
        "healthCheck.timeout": "HealthCheckTimeoutSeconds",
        "healthCheck.unhealthyThreshold": "UnhealthyThresholdCount",
    },
    "rds.Cluster": {
        "allowMajorVersionUpgrade": CALLS,
        "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
        "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
        "masterUserSecretKmsKeyId": "MasterUserSecret.KmsKeyId",
        "restoreToPointInTime": "",
        "restoreToPointInTime.restoreToTime": "RestoreToTime",
        "restoreToPointInTime.sourceClusterIdentifier": "SourceDBClusterIdentifier",
        "restoreToPointInTime.sourceClusterResourceId": "SourceDbClusterResourceId",
        "restoreToPointInTime.useLatestRestorableTime": "UseLatestRestorableTime",
    },
    "rds.ClusterInstance": {
        "performanceInsightsEnabled": "EnablePerformanceInsights",
    },
    "rds.EventSubscription": {"snsTopic": "SnsTopicArn"},
    "rds.ProxyDefaultTargetGroup": {"connectionPoolConfig": "ConnectionPoolConfigurationInfo"},
    "route53.Record": {
        "aliases": "AliasTarget",
        "aliases.name": "DNSName",
        "aliases.zoneId": "HostedZoneId",
        "allowOverwrite": CALLS,
        "records": "ResourceRecords",
        "zoneId": "HostedZoneId",
    },
    "s3.Bucket": {"bucket": "BucketName"},
    "s3.BucketLifecycleConfiguration": {
        "bucket": "/BucketName",
        "rules.expiration": "",
        "rules.expiration.days": "ExpirationInDays",
        "rules.filter": "",
    },
    "s3.BucketNotification": {"bucket": "/BucketName"},
    "s3.BucketOwnershipControls": {"bucket": "/BucketName"},
    "s3.BucketPolicy": {"policy": "PolicyDocument"},
    "s3.BucketPublicAccessBlock": {"bucket": "/BucketName"},
    "s3.BucketServerSideEncryptionConfiguration": {
        "bucket": "/BucketName",
        "rules": "ServerSideEncryptionConfiguration",
        "rules.applyServerSideEncryptionByDefault": "ServerSideEncryptionByDefault",
    },
    "s3.BucketVersioning": {"bucket": "BucketName"},
    "secretsmanager.Secret": {"recoveryWindowInDays": DELETION},
    "secretsmanager.SecretRotation": {"rotateImmediately": "RotateImmediatelyOnUpdate"},
    "secretsmanager.SecretVersion": {
        "secretId": Own("names the secret that this is a version of; its edge is checked")
    },
    "sqs.Queue": {
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "visibilityTimeoutSeconds": "VisibilityTimeout",
    },
    "sqs.QueuePolicy": {"policy": "PolicyDocument", "queueUrl": "Queues"},
    "vpc.SecurityGroupEgressRule": {
        "cidrIpv4": "CidrIp",
        "prefixListId": "DestinationPrefixListId",
        "referencedSecurityGroupId": "DestinationSecurityGroupId",
        "securityGroupId": "GroupId",
    },
    "vpc.SecurityGroupIngressRule": {
        "cidrIpv4": "CidrIp",
        "prefixListId": "SourcePrefixListId",
        "referencedSecurityGroupId": "SourceSecurityGroupId",
        "securityGroupId": "GroupId",
    },
}
