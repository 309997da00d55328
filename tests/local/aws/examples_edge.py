"""Examples of the edge: web ACL, certificates, DNS, buckets, CloudFront."""

from stackyard.local.wire import JsonObject
from tests.local.aws.example import TAGS, Example, asset, example
from tests.local.aws.parents import READ_S3
from tests.local.aws.parents_platform import CACHE_POLICY, acl_inputs, distribution_inputs
from tests.local.aws.world import World


def failing_over(world: World) -> JsonObject:
    """A distribution whose pages come from either of two origins, some of them signed."""
    inputs = distribution_inputs(world)
    (api,) = inputs["orderedCacheBehaviors"]
    group = {
        "originId": "both",
        "failoverCriteria": {"statusCodes": [500, 502]},
        "members": [{"originId": "site"}, {"originId": "api"}],
    }
    return {
        **inputs,
        "originGroups": [group],
        "defaultCacheBehavior": {**inputs["defaultCacheBehavior"], "targetOriginId": "both"},
        "orderedCacheBehaviors": [api, {**api, "pathPattern": "/m/*", "trustedKeyGroups": ["k"]}],
    }


EDGE: tuple[Example, ...] = (
    example("wafv2/webAcl:WebAcl", lambda _: acl_inputs("CLOUDFRONT"),
            {"defaultAction": {"block": {}}}, "arn", "capacity", "name"),
    example("wafv2/webAclAssociation:WebAclAssociation",
            lambda w: {"webAclArn": w.get("acl")["arn"], "resourceArn": w.id("balancer")}),
    example(
        "wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
        lambda w: {
            "resourceArn": w.get("acl")["arn"],
            "logDestinationConfigs": [
                w.get("waf_logs")["arn"]
            ],
            "redactedFields": [{"singleHeader": {"name": "authorization"}}],
        },
    ),
    example(
        "acm/certificate:Certificate",
        lambda _: {"domainName": "example.com", "validationMethod": "DNS",
                   "subjectAlternativeNames": ["www.example.com"], "tags": TAGS},
        {"tags": {"team": "ops"}}, "arn", "domainValidationOptions",
    ),
    example("route53/zone:Zone", lambda _: {"name": "example.org"}, None,
            "zoneId", "nameServers", "arn"),
    example(
        "route53/record:Record",
        lambda w: {"zoneId": w.id("zone"), "name": "www.example.com", "type": "A", "ttl": 60,
                   "records": ["203.0.113.7"]},
        {"ttl": 300}, "fqdn",
    ),
    example("s3/bucket:Bucket", lambda _: {"forceDestroy": True, "tags": TAGS},
            {"tags": {"team": "ops"}}, "arn", "bucketRegionalDomainName", "bucket"),
    example(
        "s3/bucketVersioning:BucketVersioning",
        lambda w: {"bucket": w.id("bucket"), "versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
    ),
    example(
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda w: {"bucket": w.id("bucket"), "rules": [
            {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"},
             "bucketKeyEnabled": True}]},
    ),
    example(
        "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda w: {"bucket": w.id("bucket"), "blockPublicAcls": True, "blockPublicPolicy": True,
                   "ignorePublicAcls": True, "restrictPublicBuckets": True},
        {"restrictPublicBuckets": False},
    ),
    example(
        "s3/bucketOwnershipControls:BucketOwnershipControls",
        lambda w: {"bucket": w.id("bucket"), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
    ),
    example(
        "s3/bucketPolicy:BucketPolicy",
        lambda w: {"bucket": w.id("bucket"), "policy": READ_S3},
        {"policy": READ_S3.replace("Get", "Put")},
    ),
    example(
        "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        lambda w: {"bucket": w.id("bucket"), "rules": [
            {"id": "old", "status": "Enabled", "filter": {"prefix": ""},
             "noncurrentVersionExpiration": {"noncurrentDays": 30},
             "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}]},
    ),
    example(
        "s3/bucketObjectv2:BucketObjectv2",
        lambda w: {"bucket": w.id("bucket"), "key": "index.html", "contentType": "text/html",
                   "cacheControl": "no-cache", "source": asset("<html>")},
        {"source": {**asset("<html><body>")}}, "etag", "arn",
    ),
    example(
        "cloudfront/originAccessControl:OriginAccessControl",
        lambda _: {"originAccessControlOriginType": "s3", "signingBehavior": "always",
                   "signingProtocol": "sigv4"},
        {"signingBehavior": "no-override"}, "name", "etag",
    ),
    example("cloudfront/cachePolicy:CachePolicy", lambda _: CACHE_POLICY, {"defaultTtl": 120},
            "etag", "name"),
    example(
        "cloudfront/originRequestPolicy:OriginRequestPolicy",
        lambda _: {"cookiesConfig": {"cookieBehavior": "none"},
                   "headersConfig": {"headerBehavior": "none"},
                   "queryStringsConfig": {"queryStringBehavior": "all"}},
        {"comment": "all"}, "etag", "name",
    ),
    example(
        "cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        lambda _: {"securityHeadersConfig": {"contentTypeOptions": {"override": True}}},
        {"comment": "all"}, "etag", "name",
    ),
    example(
        "cloudfront/vpcOrigin:VpcOrigin",
        lambda w: {"vpcOriginEndpointConfig": {
            "name": "api", "arn": w.id("balancer"), "httpPort": 80, "httpsPort": 443,
            "originProtocolPolicy": "http-only",
            "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1}}},
        {"tags": TAGS}, "arn", "etag",
    ),
    example(
        "cloudfront/function:Function",
        lambda _: {"runtime": "cloudfront-js-2.0", "code": "function handler(e) {}",
                   "publish": True},
        {"code": "function handler(e) { return e.request }"}, "arn", "etag", "name",
    ),
    example("cloudfront/distribution:Distribution",
            lambda w: {**distribution_inputs(w), "tags": TAGS},
            {"comment": "site", "priceClass": "PriceClass_100"},
            "arn", "domainName", "hostedZoneId", "status"),
    example(
        "cloudfront/distribution:Distribution",
        failing_over, {"comment": "site"}, "arn",
    ),
)  # fmt: skip
