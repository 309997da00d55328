"""Where CloudFront gets what it serves: the site's buckets, and the load balancer by its lock."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from stacks.edge_settings import ORIGIN_KEEP_ALIVE_SECONDS
from stacks.slots import ORIGIN_HEADER

READ_SECONDS = 30
FAILOVER_CODES = [500, 502, 503, 504]
"""Not 403 and 404: a file that is not there is in no other bucket either."""

Origin = aws.cloudfront.DistributionOriginArgsDict


def access_control(name: str, inside: pulumi.ResourceOptions) -> aws.cloudfront.OriginAccessControl:
    """By whose signature a bucket knows CloudFront."""
    return aws.cloudfront.OriginAccessControl(
        name,
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=inside,
    )


def bucket_origin(
    origin_id: str, bucket: aws.s3.Bucket, control: aws.cloudfront.OriginAccessControl
) -> Origin:
    """A bucket that answers CloudFront alone."""
    return {
        "origin_id": origin_id,
        "domain_name": bucket.bucket_regional_domain_name,
        "origin_access_control_id": control.id,
    }


def failover(
    origin_id: str, members: Sequence[str]
) -> aws.cloudfront.DistributionOriginGroupArgsDict:
    """The first of the members, and the second while the first fails."""
    return {
        "origin_id": origin_id,
        "failover_criteria": {"status_codes": FAILOVER_CODES},
        "members": [{"origin_id": member} for member in members],
    }


@dataclass(frozen=True, kw_only=True)
class ApiOriginArgs:
    """The load balancer, and what closes it."""

    load_balancer_arn: pulumi.Input[str]
    load_balancer_dns_name: pulumi.Input[str]
    key: pulumi.Input[str] | None
    """What a public one asks for in `ORIGIN_HEADER`; None for one inside the VPC."""
    domain: str | None
    """The site's name: the load balancer then has a certificate for `api.<domain>`."""


def api_origin(
    origin_id: str, name: str, args: ApiOriginArgs, inside: pulumi.ResourceOptions
) -> Origin:
    """The load balancer, inside the VPC or by a secret header over the internet."""
    protocol = "https-only" if args.domain else "http-only"
    origin: Origin = {
        "origin_id": origin_id,
        # CloudFront checks this name against the load balancer's certificate.
        "domain_name": f"api.{args.domain}" if args.domain else args.load_balancer_dns_name,
    }
    if args.key is not None:
        return {
            **origin,
            "custom_headers": [{"name": ORIGIN_HEADER, "value": args.key}],
            "custom_origin_config": {
                "http_port": 80,
                "https_port": 443,
                "origin_protocol_policy": protocol,
                "origin_ssl_protocols": ["TLSv1.2"],
                "origin_keepalive_timeout": ORIGIN_KEEP_ALIVE_SECONDS,
                "origin_read_timeout": READ_SECONDS,
            },
        }
    # AWS wants a name, and the stacks of one account must not share it.
    suffix = random.RandomId(name, byte_length=4, opts=inside)
    inner = aws.cloudfront.VpcOrigin(
        name,
        vpc_origin_endpoint_config={
            "name": pulumi.Output.concat(name, "-", suffix.hex),
            "arn": args.load_balancer_arn,
            "http_port": 80,
            "https_port": 443,
            "origin_protocol_policy": protocol,
            "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
        },
        opts=inside,
    )
    return {
        **origin,
        "vpc_origin_config": {
            "vpc_origin_id": inner.id,
            "origin_keepalive_timeout": ORIGIN_KEEP_ALIVE_SECONDS,
            "origin_read_timeout": READ_SECONDS,
        },
    }
