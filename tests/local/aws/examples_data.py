"""Examples of databases and caches."""

from tests.local.aws.example import TAGS, Example, example

DATA: tuple[Example, ...] = (
    example("rds/subnetGroup:SubnetGroup", lambda w: {"subnetIds": w.subnets(), "tags": TAGS},
            lambda w: {"description": "data", "subnetIds": w.subnets()[::-1]}, "arn", "name"),
    example(
        "rds/clusterParameterGroup:ClusterParameterGroup",
        lambda _: {
            "family": "aurora-mysql8.0",
            "parameters": [{"name": "require_secure_transport", "value": "ON"}],
        },
        {"parameters": [{"name": "slow_query_log", "value": "1"}]}, "arn", "name",
    ),
    example(
        "rds/parameterGroup:ParameterGroup",
        lambda _: {"family": "aurora-mysql8.0", "parameters": [{"name": "a", "value": "1"}]},
        {"tags": TAGS}, "arn", "name",
    ),
    example(
        "rds/cluster:Cluster",
        lambda w: {
            "engine": "aurora-mysql", "engineVersion": "8.0.mysql_aurora.3.08.2",
            "databaseName": "task1_db", "masterUsername": "root",
            "manageMasterUserPassword": True, "dbSubnetGroupName": w.id("database_subnets"),
            "vpcSecurityGroupIds": [w.id("group")], "storageEncrypted": True,
            "kmsKeyId": w.get("key")["arn"], "backupRetentionPeriod": 7,
            "preferredBackupWindow": "07:00-09:00", "skipFinalSnapshot": True,
            "preferredMaintenanceWindow": "sun:09:30-sun:10:30",
            "enabledCloudwatchLogsExports": ["error", "slowquery"],
            "storageType": "aurora-iopt1", "iamDatabaseAuthenticationEnabled": True,
            "serverlessv2ScalingConfiguration": {"minCapacity": 0.5, "maxCapacity": 4},
            "applyImmediately": True, "tags": TAGS,
            "dbClusterParameterGroupName": w.id("database_parameters"),
            "databaseInsightsMode": "advanced", "performanceInsightsEnabled": True,
            "performanceInsightsRetentionPeriod": 465, "deletionProtection": False,
        },
        {"backupRetentionPeriod": 14, "enabledCloudwatchLogsExports": ["error"]},
        "arn", "endpoint", "readerEndpoint", "hostedZoneId", "clusterResourceId",
        "masterUserSecrets", "engineVersionActual", "port", "clusterMembers",
    ),
    example(
        "rds/clusterInstance:ClusterInstance",
        lambda w: {
            "clusterIdentifier": w.id("database"), "engine": "aurora-mysql",
            "instanceClass": "db.r8g.large", "performanceInsightsEnabled": True,
            "promotionTier": 1, "publiclyAccessible": False, "monitoringInterval": 60,
            "monitoringRoleArn": w.get("role")["arn"], "applyImmediately": True,
            "autoMinorVersionUpgrade": True,
        },
        {"instanceClass": "db.r8g.xlarge"}, "arn", "endpoint", "port", "writer", "dbiResourceId",
    ),
    example(
        "rds/proxy:Proxy",
        lambda w: {
            "engineFamily": "MYSQL", "roleArn": w.get("role")["arn"], "requireTls": True,
            "vpcSubnetIds": w.subnets(), "vpcSecurityGroupIds": [w.id("group")],
            "auths": [{"authScheme": "SECRETS", "secretArn": w.id("secret"),
                       "iamAuth": "DISABLED"}],
        },
        {"idleClientTimeout": 900}, "arn", "endpoint", "name",
    ),
    example(
        "rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup",
        lambda w: {"dbProxyName": w.id("proxy"),
                   "connectionPoolConfig": {"maxConnectionsPercent": 90}},
        {"connectionPoolConfig": {"maxConnectionsPercent": 80}}, "arn", "name",
    ),
    example(
        "rds/proxyTarget:ProxyTarget",
        lambda w: {"dbProxyName": w.id("proxy"), "targetGroupName": "default",
                   "dbClusterIdentifier": w.id("database")},
        None, "rdsResourceId", "type",
    ),
    example(
        "rds/proxyEndpoint:ProxyEndpoint",
        lambda w: {"dbProxyName": w.id("proxy"), "dbProxyEndpointName": "reads",
                   "vpcSubnetIds": w.subnets(), "targetRole": "READ_ONLY"},
        {"tags": TAGS}, "arn", "endpoint",
    ),
    example(
        "appautoscaling/target:Target",
        lambda w: {
            "minCapacity": 1, "maxCapacity": 3, "resourceId": f"cluster:{w.id('database')}",
            "scalableDimension": "rds:cluster:ReadReplicaCount", "serviceNamespace": "rds",
        },
        {"maxCapacity": 5}, "arn",
    ),
    example(
        "appautoscaling/policy:Policy",
        lambda w: {
            "policyType": "TargetTrackingScaling", "resourceId": w.get("scaling")["resourceId"],
            "scalableDimension": "rds:cluster:ReadReplicaCount", "serviceNamespace": "rds",
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 60, "scaleInCooldown": 300,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "RDSReaderAverageCPUUtilization"
                },
            },
        },
        None, "arn", "name",
    ),
    example("elasticache/subnetGroup:SubnetGroup", lambda w: {"subnetIds": w.subnets()},
            {"description": "cache"}, "arn", "name", "vpcId"),
    example(
        "elasticache/parameterGroup:ParameterGroup",
        lambda _: {"family": "valkey8",
                   "parameters": [{"name": "maxmemory-policy", "value": "allkeys-lru"}]},
        {"parameters": [{"name": "maxmemory-policy", "value": "noeviction"}]}, "arn", "name",
    ),
    example(
        "elasticache/user:User",
        lambda _: {"userId": "u", "userName": "app", "engine": "valkey",
                   "accessString": "on ~* +@all",
                   "authenticationMode": {"type": "password",
                                          "passwords": ["a-long-enough-password"]}},
        {"accessString": "on ~app:* +@all"}, "arn",
    ),
    example("elasticache/userGroup:UserGroup",
            lambda w: {"userGroupId": "g", "engine": "valkey", "userIds": [w.id("cache_user")]},
            {"tags": TAGS}, "arn"),
    example("elasticache/userGroupAssociation:UserGroupAssociation",
            lambda w: {"userGroupId": w.id("cache_users"), "userId": w.id("cache_user")}),
    example(
        "elasticache/replicationGroup:ReplicationGroup",
        lambda w: {
            "description": "cache", "engine": "valkey", "engineVersion": "8.0", "port": 6379,
            "nodeType": "cache.t4g.small", "numCacheClusters": 2, "multiAzEnabled": True,
            "automaticFailoverEnabled": True, "subnetGroupName": w.id("cache_subnets"),
            "parameterGroupName": w.id("cache_parameters"), "atRestEncryptionEnabled": True,
            "transitEncryptionEnabled": True, "securityGroupIds": [w.id("group")],
            "userGroupIds": [w.id("cache_users")], "snapshotRetentionLimit": 7,
            "snapshotWindow": "05:00-06:00", "maintenanceWindow": "sun:06:30-sun:07:30",
            "kmsKeyId": w.get("key")["arn"], "applyImmediately": True, "tags": TAGS,
        },
        {"description": "the cache", "nodeType": "cache.r7g.large"},
        "arn", "primaryEndpointAddress", "readerEndpointAddress", "memberClusters",
        "engineVersionActual",
    ),
)  # fmt: skip
