"""Examples of the cluster and of load balancers."""

from tests.local.aws.example import TAGS, Example, example, forward

PLATFORM: tuple[Example, ...] = (
    example(
        "eks/cluster:Cluster",
        lambda w: {
            "roleArn": w.get("role")["arn"], "version": "1.35",
            "vpcConfig": {"subnetIds": w.subnets(), "endpointPrivateAccess": True,
                          "endpointPublicAccess": True, "publicAccessCidrs": ["203.0.113.0/24"]},
            "accessConfig": {"authenticationMode": "API",
                             "bootstrapClusterCreatorAdminPermissions": True},
            "encryptionConfig": {"provider": {"keyArn": w.get("key")["arn"]},
                                 "resources": ["secrets"]},
            "enabledClusterLogTypes": ["api", "audit"], "deletionProtection": False,
            "upgradePolicy": {"supportType": "STANDARD"}, "tags": TAGS,
        },
        {"upgradePolicy": {"supportType": "EXTENDED"}},
        "arn", "endpoint", "certificateAuthority", "identities", "version",
    ),
    example(
        "eks/nodeGroup:NodeGroup",
        lambda w: {
            "clusterName": w.id("cluster"), "nodeRoleArn": w.get("role")["arn"],
            "subnetIds": w.subnets(), "capacityType": "ON_DEMAND", "amiType": "AL2023_ARM_64",
            "scalingConfig": {"minSize": 2, "maxSize": 4, "desiredSize": 2},
            "instanceTypes": ["t4g.medium"], "updateConfig": {"maxUnavailable": 1},
            "launchTemplate": {"id": w.id("template"), "version": "1"},
            "labels": {"role": "app"},
        },
        {"scalingConfig": {"minSize": 2, "maxSize": 6, "desiredSize": 3}},
        "arn", "status", "resources",
    ),
    example("eks/addon:Addon",
            lambda w: {"clusterName": w.id("cluster"), "addonName": "vpc-cni",
                       "addonVersion": "v1.20.0-eksbuild.1"},
            {"addonVersion": "v1.20.1-eksbuild.1"}, "arn", "createdAt"),
    example("eks/accessEntry:AccessEntry",
            lambda w: {"clusterName": w.id("cluster"), "principalArn": w.get("role")["arn"]},
            {"tags": TAGS}, "accessEntryArn"),
    example(
        "eks/accessPolicyAssociation:AccessPolicyAssociation",
        lambda w: {
            "clusterName": w.id("cluster"), "principalArn": w.get("role")["arn"],
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            "accessScope": {"type": "cluster"},
        },
        None, "associatedAt",
    ),
    example(
        "eks/podIdentityAssociation:PodIdentityAssociation",
        lambda w: {"clusterName": w.id("cluster"), "namespace": "app",
                   "serviceAccount": "migrate", "roleArn": w.get("role")["arn"]},
        {"tags": TAGS}, "associationArn", "associationId",
    ),
    example(
        "lb/loadBalancer:LoadBalancer",
        lambda w: {
            "internal": True, "subnets": w.subnets(), "securityGroups": [w.id("group")],
            "enableDeletionProtection": False, "idleTimeout": 60,
            "dropInvalidHeaderFields": True, "tags": TAGS,
        },
        {"idleTimeout": 120, "tags": {"team": "ops"}},
        "arn", "arnSuffix", "dnsName", "zoneId", "vpcId",
    ),
    example(
        "lb/targetGroup:TargetGroup",
        lambda w: {
            "port": 5000, "protocol": "HTTP", "targetType": "ip", "vpcId": w.id("vpc"),
            "deregistrationDelay": 30, "stickiness": {"enabled": False, "type": "lb_cookie"},
            "healthCheck": {"path": "/health", "interval": 5, "timeout": 2, "matcher": "200",
                            "healthyThreshold": 2, "unhealthyThreshold": 2},
        },
        {"deregistrationDelay": 10}, "arn", "arnSuffix", "name",
    ),
    example(
        "lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w.id("balancer"), "port": 80, "protocol": "HTTP",
            "defaultActions": [forward(w, 100, 0)],
        },
        lambda w: {"defaultActions": [forward(w, 50, 50)]}, "arn",
    ),
    example(
        "lb/listenerRule:ListenerRule",
        lambda w: {
            "listenerArn": w.id("listener"), "priority": 10,
            "conditions": [{"pathPattern": {"values": ["/*"]}}], "actions": [forward(w, 100, 0)],
        },
        lambda w: {"actions": [forward(w, 0, 100)]}, "arn",
    ),
)  # fmt: skip
