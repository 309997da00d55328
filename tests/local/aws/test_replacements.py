"""Which changes replace a stateful resource, type by type."""

import pytest

from stackyard.local.aws.replacements import force_new, replacing

REPLACE = {
    "ec2/vpc:Vpc": {"cidrBlock"},
    "ec2/subnet:Subnet": {"cidrBlock", "vpcId", "availabilityZone"},
    "ec2/natGateway:NatGateway": {"subnetId", "allocationId"},
    "ec2/securityGroup:SecurityGroup": {"name", "namePrefix", "description", "vpcId"},
    "ec2/launchTemplate:LaunchTemplate": {"name", "namePrefix"},
    "iam/role:Role": {"name", "path"},
    "kms/alias:Alias": {"name"},
    "kms/key:Key": {"customerMasterKeySpec", "keyUsage", "multiRegion"},
    "rds/cluster:Cluster": {
        "clusterIdentifier", "databaseName", "dbSubnetGroupName", "engine", "kmsKeyId",
        "masterUsername", "storageEncrypted", "snapshotIdentifier", "availabilityZones",
    },
    "rds/clusterInstance:ClusterInstance": {"identifier", "clusterIdentifier", "engine"},
    "rds/clusterParameterGroup:ClusterParameterGroup": {"family", "name", "description"},
    "rds/subnetGroup:SubnetGroup": {"name"},
    "rds/proxy:Proxy": {"name", "engineFamily", "vpcSubnetIds"},
    "elasticache/replicationGroup:ReplicationGroup": {
        "replicationGroupId", "subnetGroupName", "atRestEncryptionEnabled", "kmsKeyId", "port",
    },
    "elasticache/parameterGroup:ParameterGroup": {"name", "family"},
    "eks/cluster:Cluster": {"name", "roleArn"},
    "eks/nodeGroup:NodeGroup": {"clusterName", "nodeGroupName", "subnetIds", "capacityType",
                                "amiType", "instanceTypes"},
    "eks/addon:Addon": {"clusterName", "addonName"},
    "lb/loadBalancer:LoadBalancer": {"name", "internal", "loadBalancerType"},
    "lb/targetGroup:TargetGroup": {"name", "port", "protocol", "targetType", "vpcId"},
    "lb/listener:Listener": {"loadBalancerArn"},
    "wafv2/webAcl:WebAcl": {"name", "scope"},
    "acm/certificate:Certificate": {"domainName", "validationMethod"},
    "route53/record:Record": {"name", "type", "zoneId"},
    "s3/bucket:Bucket": {"bucket", "bucketPrefix", "objectLockEnabled"},
    "s3/bucketPolicy:BucketPolicy": {"bucket"},
    "secretsmanager/secret:Secret": {"name"},
}  # fmt: skip
STAY = {
    "ec2/vpc:Vpc": {"enableDnsHostnames", "tags"},
    "ec2/routeTableAssociation:RouteTableAssociation": {"routeTableId"},
    "iam/role:Role": {"assumeRolePolicy", "description"},
    "iam/policy:Policy": {"policy"},
    "kms/key:Key": {"policy", "description", "enableKeyRotation"},
    "cloudwatch/logGroup:LogGroup": {"retentionInDays", "kmsKeyId"},
    "rds/cluster:Cluster": {
        "engineVersion", "backupRetentionPeriod", "deletionProtection", "masterPassword",
        "serverlessv2ScalingConfiguration", "dbClusterParameterGroupName", "skipFinalSnapshot",
        "finalSnapshotIdentifier", "vpcSecurityGroupIds", "storageType",
    },
    "rds/clusterInstance:ClusterInstance": {"instanceClass", "promotionTier"},
    "elasticache/replicationGroup:ReplicationGroup": {
        "nodeType", "numCacheClusters", "engineVersion", "parameterGroupName", "userGroupIds",
        "description", "snapshotRetentionLimit",
    },
    "eks/cluster:Cluster": {"version", "vpcConfig", "enabledClusterLogTypes", "upgradePolicy"},
    "eks/nodeGroup:NodeGroup": {"scalingConfig", "launchTemplate", "updateConfig", "version"},
    "lb/loadBalancer:LoadBalancer": {"idleTimeout", "securityGroups", "enableDeletionProtection"},
    "lb/targetGroup:TargetGroup": {"healthCheck", "deregistrationDelay"},
    "lb/listenerRule:ListenerRule": {"actions", "conditions", "priority"},
    "cloudfront/distribution:Distribution": {"origins", "enabled", "orderedCacheBehaviors"},
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": {"fromPort", "cidrIpv4"},
}  # fmt: skip


@pytest.mark.parametrize("type_", REPLACE)
def test_these_changes_replace(type_: str) -> None:
    top, _ = force_new(f"aws:{type_}")

    assert REPLACE[type_] - top == set()


@pytest.mark.parametrize("type_", STAY)
def test_these_changes_update_in_place(type_: str) -> None:
    top, _ = force_new(f"aws:{type_}")

    assert STAY[type_] & top == set()


def test_an_equal_object_is_not_replaced() -> None:
    same = {"clusterIdentifier": "main", "engine": "aurora-mysql"}

    assert replacing("aws:rds/cluster:Cluster", same, dict(same)) == set()


def test_only_what_changed_is_named() -> None:
    olds = {"clusterIdentifier": "main", "engine": "aurora-mysql", "port": 3306}

    replaced = replacing("aws:rds/cluster:Cluster", olds, {**olds, "clusterIdentifier": "other"})

    assert replaced == {"clusterIdentifier"}


@pytest.mark.parametrize(
    ("news", "replaced"),
    [
        ({"bootstrapClusterCreatorAdminPermissions": False}, {"accessConfig"}),
        ({"authenticationMode": "API_AND_CONFIG_MAP"}, set()),
    ],
)
def test_a_nested_property_may_replace(news: dict[str, object], replaced: set[str]) -> None:
    access = {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True}

    found = replacing(
        "aws:eks/cluster:Cluster", {"accessConfig": access}, {"accessConfig": {**access, **news}}
    )

    assert found == replaced


def test_another_region_is_another_object() -> None:
    replaced = replacing("aws:sns/topic:Topic", {"region": "us-east-1"}, {"region": "eu-west-1"})

    assert replaced == {"region"}


def test_a_type_without_a_row_is_judged_by_cloudformation() -> None:
    top, _ = force_new("aws:sqs/queue:Queue")

    assert "name" in top
