"""What only AWS knows: asked once, before the first resource, and handed on as plain values."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

CLOUDFRONT_PREFIX_LIST = "com.amazonaws.global.cloudfront.origin-facing"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Same settings and same answers give the same graph."""

    cloudfront_prefix_list_id: str
    """AWS's list of the addresses CloudFront speaks to origins from; it differs by region."""


def ask(provider: aws.Provider) -> Answers:
    """Ask AWS in the stack's account and region."""
    prefixes = aws.ec2.get_managed_prefix_list(
        name=CLOUDFRONT_PREFIX_LIST, opts=pulumi.InvokeOptions(provider=provider)
    )
    return Answers(cloudfront_prefix_list_id=prefixes.id)
