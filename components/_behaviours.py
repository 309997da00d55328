"""Which paths CloudFront sends where, and how long it keeps each class of answers."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""AWS's managed policies (CloudFront developer guide, "Use managed cache policies")."""
API_PATH, HEALTH_PATH, ASSETS_PATH = "/api/*", "/health", "/assets/*"
READS = ["GET", "HEAD", "OPTIONS"]
ALL_METHODS = [*READS, "PUT", "PATCH", "POST", "DELETE"]

Behaviour = aws.cloudfront.DistributionOrderedCacheBehaviorArgsDict


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Origins by their ids, and what is done on the way to them."""

    files_origin: str
    api_origin: str
    headers_policy_id: pulumi.Input[str]
    pages_policy_id: pulumi.Input[str]
    fallback: aws.cloudfront.Function | None
    signers: Mapping[str, aws.cloudfront.KeyGroup]
    """By the path that only they open."""


def default_behaviour(
    serving: Serving,
) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgsDict:
    """Pages; no error page, which would turn the API's errors into HTML."""
    shown: aws.cloudfront.DistributionDefaultCacheBehaviorArgsDict = {
        "target_origin_id": serving.files_origin,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": READS,
        "cached_methods": READS[:2],
        "compress": True,
        "cache_policy_id": serving.pages_policy_id,
        "response_headers_policy_id": serving.headers_policy_id,
    }
    if serving.fallback is not None:
        shown["function_associations"] = [
            {"event_type": "viewer-request", "function_arn": serving.fallback.arn}
        ]
    return shown


def behaviours(serving: Serving) -> list[Behaviour]:
    """The API, what only a signature opens, and assets: the first that matches counts."""
    signed: list[Behaviour] = [
        {
            **_files(serving, path, serving.pages_policy_id),
            "trusted_key_groups": [group.id],
        }
        for path, group in serving.signers.items()
    ]
    return [
        _to_api(serving, API_PATH, ALL_METHODS),
        _to_api(serving, HEALTH_PATH, READS),
        *signed,
        # A hash in the name: what is cached once stays right for ever.
        _files(serving, ASSETS_PATH, CACHING_OPTIMIZED),
    ]


def _files(serving: Serving, path: str, cache_policy_id: pulumi.Input[str]) -> Behaviour:
    return {
        "path_pattern": path,
        "target_origin_id": serving.files_origin,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": READS,
        "cached_methods": READS[:2],
        "compress": True,
        "cache_policy_id": cache_policy_id,
        "response_headers_policy_id": serving.headers_policy_id,
    }


def _to_api(serving: Serving, path: str, methods: list[str]) -> Behaviour:
    """Uncached, with all the viewer sent but the Host, which must be the origin's for TLS."""
    return {
        "path_pattern": path,
        "target_origin_id": serving.api_origin,
        "viewer_protocol_policy": "https-only",
        "allowed_methods": methods,
        "cached_methods": READS[:2],
        "compress": True,
        "cache_policy_id": CACHING_DISABLED,
        "origin_request_policy_id": ALL_VIEWER_EXCEPT_HOST,
        "response_headers_policy_id": serving.headers_policy_id,
    }
