"""ARNs in AWS's own form for what is echoed, so that a policy names what it would name on AWS.

Forms are those of the Service Authorization Reference; tests/fidelity compares them with its table.
"""

from typing import Any

ACCOUNT, REGION = "123456789012", "us-east-1"
_HERE = f"{REGION}:{ACCOUNT}"

FORMS = {
    "appautoscaling/policy:Policy": (
        f"autoscaling:{_HERE}:scalingPolicy:1a2b3c4:resource/rds/cluster:1a2b3c4:policyName/{{}}"
    ),
    "appautoscaling/target:Target": f"application-autoscaling:{_HERE}:scalable-target/{{}}",
    "cloudfront/cachePolicy:CachePolicy": f"cloudfront::{ACCOUNT}:cache-policy/{{}}",
    "cloudfront/distribution:Distribution": f"cloudfront::{ACCOUNT}:distribution/{{}}",
    "cloudfront/function:Function": f"cloudfront::{ACCOUNT}:function/{{}}",
    "cloudfront/keyValueStore:KeyValueStore": f"cloudfront::{ACCOUNT}:key-value-store/{{}}",
    "cloudfront/originAccessControl:OriginAccessControl": (
        f"cloudfront::{ACCOUNT}:origin-access-control/{{}}"
    ),
    "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": (
        f"cloudfront::{ACCOUNT}:response-headers-policy/{{}}"
    ),
    "cloudfront/vpcOrigin:VpcOrigin": f"cloudfront::{ACCOUNT}:vpcorigin/{{}}",
    "cloudwatch/eventRule:EventRule": f"events:{_HERE}:rule/{{}}",
    "cloudwatch/logGroup:LogGroup": f"logs:{_HERE}:log-group:{{}}",
    "cloudwatch/metricAlarm:MetricAlarm": f"cloudwatch:{_HERE}:alarm:{{}}",
    "ec2/defaultSecurityGroup:DefaultSecurityGroup": f"ec2:{_HERE}:security-group/{{}}",
    "ec2/eip:Eip": f"ec2:{_HERE}:elastic-ip/{{}}",
    "ec2/flowLog:FlowLog": f"ec2:{_HERE}:vpc-flow-log/{{}}",
    "ec2/internetGateway:InternetGateway": f"ec2:{_HERE}:internet-gateway/{{}}",
    "ec2/launchTemplate:LaunchTemplate": f"ec2:{_HERE}:launch-template/{{}}",
    "ec2/routeTable:RouteTable": f"ec2:{_HERE}:route-table/{{}}",
    "ec2/securityGroup:SecurityGroup": f"ec2:{_HERE}:security-group/{{}}",
    "ec2/vpcEndpoint:VpcEndpoint": f"ec2:{_HERE}:vpc-endpoint/{{}}",
    "ecr/repository:Repository": f"ecr:{_HERE}:repository/{{}}",
    "eks/addon:Addon": f"eks:{_HERE}:addon/cluster/{{}}/1a2b3c4",
    "eks/nodeGroup:NodeGroup": f"eks:{_HERE}:nodegroup/cluster/{{}}/1a2b3c4",
    "elasticache/parameterGroup:ParameterGroup": f"elasticache:{_HERE}:parametergroup:{{}}",
    "elasticache/replicationGroup:ReplicationGroup": f"elasticache:{_HERE}:replicationgroup:{{}}",
    "elasticache/serverlessCache:ServerlessCache": f"elasticache:{_HERE}:serverlesscache:{{}}",
    "elasticache/subnetGroup:SubnetGroup": f"elasticache:{_HERE}:subnetgroup:{{}}",
    "elasticache/user:User": f"elasticache:{_HERE}:user:{{}}",
    "elasticache/userGroup:UserGroup": f"elasticache:{_HERE}:usergroup:{{}}",
    "iam/instanceProfile:InstanceProfile": f"iam::{ACCOUNT}:instance-profile/{{}}",
    "iam/openIdConnectProvider:OpenIdConnectProvider": f"iam::{ACCOUNT}:oidc-provider/{{}}",
    "iam/policy:Policy": f"iam::{ACCOUNT}:policy/{{}}",
    "iam/role:Role": f"iam::{ACCOUNT}:role/{{}}",
    "kms/alias:Alias": f"kms:{_HERE}:{{}}",
    "lambda/function:Function": f"lambda:{_HERE}:function:{{}}",
    "lb/listener:Listener": f"elasticloadbalancing:{_HERE}:listener/app/{{}}/1a2b3c4/1a2b3c4",
    "lb/listenerRule:ListenerRule": (
        f"elasticloadbalancing:{_HERE}:listener-rule/app/{{}}/1a2b3c4/1a2b3c4/1a2b3c4"
    ),
    "lb/loadBalancer:LoadBalancer": f"elasticloadbalancing:{_HERE}:loadbalancer/app/{{}}/1a2b3c4",
    "lb/targetGroup:TargetGroup": f"elasticloadbalancing:{_HERE}:targetgroup/{{}}/1a2b3c4",
    "rds/cluster:Cluster": f"rds:{_HERE}:cluster:{{}}",
    "rds/clusterInstance:ClusterInstance": f"rds:{_HERE}:db:{{}}",
    "rds/clusterParameterGroup:ClusterParameterGroup": f"rds:{_HERE}:cluster-pg:{{}}",
    "rds/eventSubscription:EventSubscription": f"rds:{_HERE}:es:{{}}",
    "rds/parameterGroup:ParameterGroup": f"rds:{_HERE}:pg:{{}}",
    "rds/proxy:Proxy": f"rds:{_HERE}:db-proxy:{{}}",
    "rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup": f"rds:{_HERE}:target-group:{{}}",
    "rds/proxyEndpoint:ProxyEndpoint": f"rds:{_HERE}:db-proxy-endpoint:{{}}",
    "rds/subnetGroup:SubnetGroup": f"rds:{_HERE}:subgrp:{{}}",
    "s3/bucket:Bucket": "s3:::{}",
    "s3/bucketObjectv2:BucketObjectv2": "s3:::bucket/{}",
    "secretsmanager/secret:Secret": f"secretsmanager:{_HERE}:secret:{{}}",
    "secretsmanager/secretVersion:SecretVersion": f"secretsmanager:{_HERE}:secret:{{}}",
    "sns/topic:Topic": f"sns:{_HERE}:{{}}",
    "sqs/queue:Queue": f"sqs:{_HERE}:{{}}",
    "ssm/parameter:Parameter": f"ssm:{_HERE}:parameter/{{}}",
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule": f"ec2:{_HERE}:security-group-rule/{{}}",
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        f"ec2:{_HERE}:security-group-rule/{{}}"
    ),
    "wafv2/webAcl:WebAcl": f"wafv2:{_HERE}:global/webacl/{{}}/1a2b3c4",
}
"""By type: what follows `arn:aws:`, with the resource's name to be filled in."""
_NAMED_BY = ("name", "clusterIdentifier", "identifier", "userId", "userGroupId", "bucket", "url")
_LED_BY = ("/", "https://")
"""How names begin that an ARN has without it: an IAM path, a parameter's, an issuer's URL."""


def arn(token: str, inputs: dict[str, Any], physical: str) -> str:
    """A resource's ARN, by the name it was given or else the one that Pulumi makes."""
    _, _, kind = token.partition(":")
    form = FORMS.get(kind, f"{kind.split('/')[0]}:{_HERE}:{kind.split(':')[0].split('/')[-1]}/{{}}")
    named = next((inputs[key] for key in _NAMED_BY if isinstance(inputs.get(key), str)), physical)
    if kind.startswith(("iam/", "ssm/")):
        named = f"{inputs.get('path', '')}{named}"
        for beginning in _LED_BY:
            named = named.removeprefix(beginning)
    return f"arn:aws:{form.format(named)}"
