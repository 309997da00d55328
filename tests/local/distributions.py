"""A distribution as CloudFront describes it, with a site and an API, for tests of the edge."""

from pathlib import Path
from typing import Any

from stackyard.local.edge_plan import CACHING_DISABLED, Access, Distribution, distribution
from stackyard.local.layout import Layout

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
READS = ["GET", "HEAD", "OPTIONS"]
ALL_METHODS = [*READS, "PUT", "PATCH", "POST", "DELETE"]
ARN = "arn:aws:cloudfront::123456789012:distribution/E1"
LAYOUT = Layout(root=Path("/nowhere"), slot=100)


def items(*listed: Any) -> dict[str, Any]:
    return {"Quantity": len(listed), "Items": list(listed)} if listed else {"Quantity": 0}


def described(layout: Layout, **config: Any) -> dict[str, Any]:
    """A distribution as CloudFront describes it: the API under /api/, the site for the rest."""
    return {
        "Id": "E1",
        "ARN": ARN,
        "DomainName": f"{layout.edge(1)}:8443",
        "DistributionConfig": {
            "DefaultRootObject": "index.html",
            "Origins": items(
                {
                    "Id": "site",
                    "DomainName": "site.s3.us-east-1.amazonaws.com",
                    "OriginPath": "/r1",
                },
                {
                    "Id": "api",
                    "DomainName": f"{layout.load_balancer(1)}:8080",
                    "OriginPath": "",
                    "CustomHeaders": items({"HeaderName": "X-Origin", "HeaderValue": "edge"}),
                },
            ),
            "DefaultCacheBehavior": {
                "TargetOriginId": "site",
                "AllowedMethods": items(*READS),
                "CachePolicyId": CACHING_OPTIMIZED,
            },
            "CacheBehaviors": items(
                {
                    "PathPattern": "/api/*",
                    "TargetOriginId": "api",
                    "AllowedMethods": items(*ALL_METHODS),
                    "CachePolicyId": CACHING_DISABLED,
                    "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST,
                },
                {
                    "PathPattern": "/bare/*",
                    "TargetOriginId": "api",
                    "AllowedMethods": items(*READS),
                    "CachePolicyId": CACHING_OPTIMIZED,
                },
            ),
            **config,
        },
    }


def planned(layout: Layout = LAYOUT, access: Access | None = None, **config: Any) -> Distribution:
    return distribution(
        described(layout, **config),
        kept={"defaultCacheBehavior": {"responseHeadersPolicyId": "p1"}},
        header_policies={
            "p1": {"securityHeadersConfig": {"frameOptions": {"frameOption": "DENY"}}}
        },
        access={"site": access or Access(reads=True)},
    )
