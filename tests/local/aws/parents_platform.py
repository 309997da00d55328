"""Objects that others need: cache, cluster, load balancer, edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from stackyard.local.wire import JsonObject

if TYPE_CHECKING:
    from tests.local.aws.world import World


def cache_subnets(world: World) -> None:
    world.make("cache_subnets", "elasticache/subnetGroup:SubnetGroup", subnetIds=world.subnets())


def cache_parameters(world: World) -> None:
    world.make("cache_parameters", "elasticache/parameterGroup:ParameterGroup", family="valkey8")


def cache_user(world: World) -> None:
    world.make(
        "cache_user",
        "elasticache/user:User",
        userId="app",
        userName="app",
        accessString="on ~* +@all",
        engine="valkey",
        passwords=["a-long-enough-password"],
    )


def cache_users(world: World) -> None:
    world.make(
        "cache_users",
        "elasticache/userGroup:UserGroup",
        userGroupId="users",
        engine="valkey",
        userIds=[world.id("cache_user")],
    )


def cache(world: World) -> None:
    world.make(
        "cache",
        "elasticache/replicationGroup:ReplicationGroup",
        description="cache",
        engine="valkey",
        engineVersion="8.0",
        nodeType="cache.t4g.small",
        numCacheClusters=2,
        subnetGroupName=world.id("cache_subnets"),
        parameterGroupName=world.id("cache_parameters"),
        securityGroupIds=[world.id("group")],
        userGroupIds=[world.id("cache_users")],
    )


def cluster(world: World) -> None:
    world.make(
        "cluster",
        "eks/cluster:Cluster",
        roleArn=world.get("role")["arn"],
        vpcConfig={"subnetIds": world.subnets(), "endpointPrivateAccess": True},
        accessConfig={"authenticationMode": "API"},
        version="1.35",
    )


def balancer(world: World) -> None:
    world.make(
        "balancer",
        "lb/loadBalancer:LoadBalancer",
        internal=True,
        subnets=world.subnets(),
        securityGroups=[world.id("group")],
    )


def blue(world: World) -> None:
    targets(world, "blue")


def green(world: World) -> None:
    targets(world, "green")


def targets(world: World, name: str) -> None:
    world.make(
        name,
        "lb/targetGroup:TargetGroup",
        port=5000,
        protocol="HTTP",
        targetType="ip",
        vpcId=world.id("vpc"),
    )


def listener(world: World) -> None:
    world.make(
        "listener",
        "lb/listener:Listener",
        loadBalancerArn=world.id("balancer"),
        port=80,
        protocol="HTTP",
        defaultActions=[
            {
                "type": "fixed-response",
                "fixedResponse": {"contentType": "text/plain", "statusCode": "404"},
            }
        ],
    )


def acl(world: World) -> None:
    world.make("acl", "wafv2/webAcl:WebAcl", **acl_inputs("REGIONAL"))


def zone(world: World) -> None:
    world.make("zone", "route53/zone:Zone", name="example.com")


def certificate(world: World) -> None:
    world.make(
        "certificate",
        "acm/certificate:Certificate",
        domainName="example.com",
        validationMethod="DNS",
    )


def bucket(world: World) -> None:
    world.make("bucket", "s3/bucket:Bucket")


def access(world: World) -> None:
    world.make(
        "access",
        "cloudfront/originAccessControl:OriginAccessControl",
        originAccessControlOriginType="s3",
        signingBehavior="always",
        signingProtocol="sigv4",
    )


def cache_policy(world: World) -> None:
    world.make("cache_policy", "cloudfront/cachePolicy:CachePolicy", **CACHE_POLICY)


def vpc_origin(world: World) -> None:
    world.make(
        "vpc_origin",
        "cloudfront/vpcOrigin:VpcOrigin",
        vpcOriginEndpointConfig={
            "name": "api",
            "arn": world.id("balancer"),
            "httpPort": 80,
            "httpsPort": 443,
            "originProtocolPolicy": "http-only",
            "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1},
        },
    )


def distribution(world: World) -> None:
    world.make("distribution", "cloudfront/distribution:Distribution", **distribution_inputs(world))


def images(world: World) -> None:
    world.make("images", "ecr/repository:Repository")


PARENTS: dict[str, Callable[[World], None]] = {
    "cache_subnets": cache_subnets,
    "cache_parameters": cache_parameters,
    "cache_user": cache_user,
    "cache_users": cache_users,
    "cache": cache,
    "cluster": cluster,
    "balancer": balancer,
    "blue": blue,
    "green": green,
    "listener": listener,
    "acl": acl,
    "zone": zone,
    "certificate": certificate,
    "bucket": bucket,
    "access": access,
    "cache_policy": cache_policy,
    "vpc_origin": vpc_origin,
    "distribution": distribution,
    "images": images,
}


CACHE_POLICY: JsonObject = {
    "minTtl": 0,
    "defaultTtl": 60,
    "maxTtl": 3600,
    "parametersInCacheKeyAndForwardedToOrigin": {
        "cookiesConfig": {"cookieBehavior": "none"},
        "headersConfig": {"headerBehavior": "none"},
        "queryStringsConfig": {"queryStringBehavior": "all"},
    },
}


def acl_inputs(scope: str) -> JsonObject:
    """A web ACL with a managed group in count and a rate limit."""
    seen = {
        "cloudwatchMetricsEnabled": True,
        "metricName": "acl",
        "sampledRequestsEnabled": True,
    }
    return {
        "scope": scope,
        "defaultAction": {"allow": {}},
        "visibilityConfig": seen,
        "rules": [
            {
                "name": "common",
                "priority": 1,
                "overrideAction": {"count": {}},
                "statement": {
                    "managedRuleGroupStatement": {
                        "name": "AWSManagedRulesCommonRuleSet",
                        "vendorName": "AWS",
                    }
                },
                "visibilityConfig": seen,
            },
            {
                "name": "rate",
                "priority": 2,
                "action": {"block": {}},
                "statement": {"rateBasedStatement": {"limit": 2000, "aggregateKeyType": "IP"}},
                "visibilityConfig": seen,
            },
        ],
    }


def distribution_inputs(world: World) -> JsonObject:
    """A distribution over a bucket and an internal load balancer."""
    behaviour = {
        "targetOriginId": "site",
        "viewerProtocolPolicy": "redirect-to-https",
        "allowedMethods": ["GET", "HEAD", "OPTIONS"],
        "cachedMethods": ["GET", "HEAD"],
        "cachePolicyId": world.id("cache_policy"),
        "compress": True,
    }
    api = {**behaviour, "targetOriginId": "api", "pathPattern": "/api/*"}
    return {
        "enabled": True,
        "isIpv6Enabled": True,
        "httpVersion": "http2and3",
        "defaultRootObject": "index.html",
        "origins": [
            {
                "originId": "site",
                "domainName": world.get("bucket")["bucketRegionalDomainName"],
                "originAccessControlId": world.id("access"),
            },
            {
                "originId": "api",
                "domainName": world.get("balancer")["dnsName"],
                "vpcOriginConfig": {"vpcOriginId": world.id("vpc_origin")},
                "customHeaders": [{"name": "x-origin", "value": "edge"}],
            },
        ],
        "defaultCacheBehavior": behaviour,
        "orderedCacheBehaviors": [api],
        "restrictions": {"geoRestriction": {"restrictionType": "none"}},
        "viewerCertificate": {"cloudfrontDefaultCertificate": True},
    }
