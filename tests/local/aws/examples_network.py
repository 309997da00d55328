"""Examples of the network and of accounts: rows of EC2, IAM, KMS, logs, secrets, topics."""

from tests.local.aws.example import TAGS, Example, example, rule
from tests.local.aws.parents import READ_S3, TRUST

NETWORK: tuple[Example, ...] = (
    example(
        "ec2/vpc:Vpc",
        lambda _: {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "tags": TAGS},
        {"enableDnsHostnames": False},
        "arn", "defaultSecurityGroupId", "defaultRouteTableId", "mainRouteTableId", "ownerId",
    ),
    example(
        "ec2/subnet:Subnet",
        lambda w: {
            "vpcId": w.id("vpc"), "cidrBlock": "10.20.9.0/24",
            "availabilityZone": "us-east-1a", "tags": TAGS,
        },
        {"mapPublicIpOnLaunch": True, "tags": {"team": "ops"}},
        "arn", "availabilityZoneId",
    ),
    example(
        "ec2/vpc:Vpc", lambda _: {"cidrBlock": "10.0.0.0/16"},
        {"assignGeneratedIpv6CidrBlock": True},
    ),
    example(
        "ec2/vpc:Vpc",
        lambda _: {"cidrBlock": "10.0.0.0/16", "assignGeneratedIpv6CidrBlock": True},
        {"tags": TAGS}, "ipv6CidrBlock",
    ),
    example(
        "ec2/subnet:Subnet", lambda w: {"vpcId": w.id("vpc"), "cidrBlock": "10.20.10.0/24"},
        {"ipv6CidrBlock": "2600:1f18:12ab:3400::/64", "assignIpv6AddressOnCreation": True},
    ),
    example(
        "ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
        lambda w: {"vpcId": w.id("vpc")}, {"tags": TAGS},
    ),
    example(
        "ec2/networkInterface:NetworkInterface",
        lambda w: {
            "subnetId": w.id("subnet_a"), "securityGroups": [w.id("group")],
            "sourceDestCheck": False, "tags": TAGS,
        },
        {"sourceDestCheck": True}, "arn", "privateIp",
    ),
    example(
        "ec2/internetGateway:InternetGateway", lambda w: {"vpcId": w.id("vpc")},
        {"tags": TAGS}, "arn",
    ),
    example("ec2/eip:Eip", lambda _: {"domain": "vpc"}, {"tags": TAGS}, "publicIp",
            "allocationId", "arn"),
    example(
        "ec2/natGateway:NatGateway",
        lambda w: {"subnetId": w.id("subnet_a"), "allocationId": w.id("address")},
        {"tags": TAGS}, "publicIp", "privateIp", "networkInterfaceId",
    ),
    example(
        "ec2/natGateway:NatGateway",
        lambda w: {
            "availabilityMode": "regional", "vpcId": w.id("vpc"),
            "availabilityZoneAddresses": [
                {"availabilityZone": "us-east-1a", "allocationIds": [w.id("other_address")]}
            ],
        },
        {"tags": TAGS},
    ),
    example("ec2/routeTable:RouteTable", lambda w: {"vpcId": w.id("vpc")}, {"tags": TAGS}, "arn"),
    example(
        "ec2/route:Route",
        lambda w: {
            "routeTableId": w.id("routes"), "destinationCidrBlock": "0.0.0.0/0",
            "gatewayId": w.id("gateway"),
        },
        None, "state",
    ),
    example(
        "ec2/route:Route",
        lambda w: {
            "routeTableId": w.id("routes"), "destinationIpv6CidrBlock": "::/0",
            "gatewayId": w.id("gateway"),
        },
        None, "state",
    ),
    example(
        "ec2/routeTableAssociation:RouteTableAssociation",
        lambda w: {"subnetId": w.id("subnet_a"), "routeTableId": w.id("routes")},
        lambda w: {"routeTableId": w.make("other", "ec2/routeTable:RouteTable",
                                          vpcId=w.id("vpc"))["id"]},
    ),
    example(
        "ec2/vpcEndpoint:VpcEndpoint",
        lambda w: {
            "vpcId": w.id("vpc"), "serviceName": "com.amazonaws.us-east-1.secretsmanager",
            "vpcEndpointType": "Interface", "subnetIds": w.subnets(),
            "securityGroupIds": [w.id("group")], "privateDnsEnabled": True,
        },
        lambda w: {"subnetIds": [w.id("subnet_a")]}, "arn", "dnsEntries",
    ),
    example(
        "ec2/flowLog:FlowLog",
        lambda w: {
            "vpcId": w.id("vpc"), "trafficType": "REJECT", "maxAggregationInterval": 60,
            "logDestination": w.get("logs")["arn"], "iamRoleArn": w.get("role")["arn"],
        },
        {"tags": TAGS}, "arn",
    ),
    example(
        "ec2/launchTemplate:LaunchTemplate",
        lambda w: {
            "vpcSecurityGroupIds": [w.id("group")],
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "blockDeviceMappings": [
                {"deviceName": "/dev/xvda", "ebs": {"volumeSize": 20, "encrypted": "true"}}
            ],
            "updateDefaultVersion": True,
            "tagSpecifications": [{"resourceType": "instance", "tags": TAGS}],
        },
        {"instanceType": "t4g.small"}, "arn", "latestVersion", "defaultVersion", "name",
    ),
    example(
        "ec2/securityGroup:SecurityGroup",
        lambda w: {"vpcId": w.id("vpc"), "description": "app", "tags": TAGS},
        {"tags": {"team": "ops"}}, "arn", "name", "ownerId",
    ),
    example("ec2/defaultSecurityGroup:DefaultSecurityGroup", lambda w: {"vpcId": w.id("vpc")},
            None, "arn"),
    example(
        "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        rule(referencedSecurityGroupId=lambda w: w.id("other_group"), description="https"),
        {"toPort": 444}, "arn", "securityGroupRuleId",
    ),
    example(
        "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        rule(cidrIpv4="0.0.0.0/0", tags=TAGS), {"cidrIpv4": "10.0.0.0/8"}, "arn",
    ),
)  # fmt: skip

ACCOUNTS: tuple[Example, ...] = (
    example(
        "iam/role:Role", lambda _: {"assumeRolePolicy": TRUST, "tags": TAGS},
        lambda w: {"assumeRolePolicy": TRUST.replace("ec2.", "pods.eks."), "description": "new",
                   "permissionsBoundary": w.id("policy"), "tags": {"team": "ops"}},
        "arn", "uniqueId", "name",
    ),
    example("iam/policy:Policy", lambda _: {"policy": READ_S3, "tags": TAGS},
            {"policy": READ_S3.replace("Get", "Put")}, "arn", "policyId", "name"),
    example("iam/rolePolicy:RolePolicy", lambda w: {"role": w.id("role"), "policy": READ_S3},
            {"policy": READ_S3.replace("Get", "Put")}, "name"),
    example("iam/instanceProfile:InstanceProfile",
            lambda w: {"role": w.get("role")["name"], "tags": TAGS}, {"tags": {"team": "ops"}},
            "arn", "uniqueId", "name"),
    example("iam/rolePolicyAttachment:RolePolicyAttachment",
            lambda w: {"role": w.id("role"), "policyArn": w.id("policy")}),
    example("iam/openIdConnectProvider:OpenIdConnectProvider",
            lambda _: {"url": "https://token.example.com", "clientIdLists": ["one"], "tags": TAGS},
            {"clientIdLists": ["one", "two"], "tags": {"team": "ops"}}, "arn"),
    example(
        "kms/key:Key",
        lambda _: {"description": "data", "enableKeyRotation": True, "deletionWindowInDays": 7,
                   "tags": TAGS},
        {"description": "all data", "enableKeyRotation": False, "tags": {"team": "ops"}},
        "arn", "keyId",
    ),
    example("kms/alias:Alias", lambda w: {"targetKeyId": w.id("key")}, None,
            "arn", "targetKeyArn", "name"),
    example("cloudwatch/logGroup:LogGroup", lambda _: {"retentionInDays": 30, "tags": TAGS},
            {"retentionInDays": 7, "tags": {"team": "ops"}}, "arn", "name"),
    example(
        "cloudwatch/metricAlarm:MetricAlarm",
        lambda _: {"metricName": "Evictions", "namespace": "AWS/ElastiCache", "statistic": "Sum",
                   "dimensions": {"CacheClusterId": "cache-001"}, "period": 60,
                   "evaluationPeriods": 5, "threshold": 0, "tags": TAGS,
                   "comparisonOperator": "GreaterThanThreshold"},
        {"threshold": 10}, "arn", "name",
    ),
    example("secretsmanager/secret:Secret", lambda _: {"description": "app", "tags": TAGS},
            {"description": "the app"}, "arn", "name"),
    example("secretsmanager/secretVersion:SecretVersion",
            lambda w: {"secretId": w.id("secret"), "secretString": "{}"}, None,
            "arn", "versionId"),
    example("ssm/parameter:Parameter", lambda _: {"type": "String", "value": "a"},
            {"value": "b"}, "arn", "version", "name"),
    example("sns/topic:Topic", lambda _: {"displayName": "alarms", "tags": TAGS},
            {"displayName": "Alarms"}, "arn", "name"),
)  # fmt: skip
