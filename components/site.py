"""The edge: CloudFront before the site's bucket and the API, with web ACL, certificate, names."""  # noqa: A005  # the part's name; nobody here imports the standard library's module

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components._site_bucket import SiteBucket, allow_distribution, site_bucket, upload
from components._web_acl import GLOBAL_REGION, web_acl
from stacks.settings import EdgeSettings

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""AWS's managed policies (CloudFront developer guide, "Use managed cache policies")."""
SITE_ORIGIN, API_ORIGIN = "site", "api"
API_PATH, HEALTH_PATH = "/api/*", "/health"
READS = ["GET", "HEAD", "OPTIONS"]
ALL_METHODS = [*READS, "PUT", "PATCH", "POST", "DELETE"]
KEEPALIVE_SECONDS = 30
"""Below the load balancer's idle time, so that CloudFront closes a connection first."""
HSTS_SECONDS = 2 * 365 * 86400
CONTENT_SECURITY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " img-src 'self' data:; object-src 'none'"
)
"""Scripts and styles from files of the site alone, none within a page."""


@dataclass(frozen=True, kw_only=True)
class SiteArgs:
    """What is served, and where the API stands."""

    load_balancer_arn: pulumi.Input[str]
    load_balancer_dns_name: pulumi.Input[str]
    domain: str | None
    """The name people use; without it CloudFront's own, and plain HTTP to the load balancer."""
    zone_id: str | None
    settings: EdgeSettings
    protect: bool
    """Keeps the bucket while it holds files."""
    log_days: int


class Site(pulumi.ComponentResource):
    """One domain for both halves: `/api/*` and `/health` go to the API, the rest is the site."""

    distribution: aws.cloudfront.Distribution
    distribution_id: pulumi.Output[str]
    domain_name: pulumi.Output[str]
    """CloudFront's own name."""
    bucket: pulumi.Output[str]
    web_acl_arn: pulumi.Output[str]
    url: pulumi.Output[str]
    """What people open, without a slash at the end."""

    def __init__(
        self, name: str, args: SiteArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("stackyard:index:Site", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        site = site_bucket(name, protect=args.protect, parent=self)
        acl = web_acl(name, args.settings, log_days=args.log_days, parent=self)
        certificate_arn = (
            _certificate(name, args.domain, args.zone_id, inside)
            if args.domain and args.zone_id
            else None
        )
        headers = _headers(name, inside)
        distribution = aws.cloudfront.Distribution(
            name,
            enabled=True,
            comment=name,
            aliases=[args.domain] if args.domain else None,
            price_class=args.settings.price_class,
            http_version="http2and3",
            is_ipv6_enabled=True,
            default_root_object="index.html",
            web_acl_id=acl.arn,
            origins=_origins(name, args, site, inside),
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate=_viewer_certificate(certificate_arn),
            default_cache_behavior=_to_site(headers),
            ordered_cache_behaviors=[
                _to_api(API_PATH, ALL_METHODS, headers),
                _to_api(HEALTH_PATH, READS, headers),
            ],
            opts=inside,
        )
        allow_distribution(name, site, distribution.arn, parent=self)
        if args.domain and args.zone_id:
            _alias_records(name, args.domain, args.zone_id, distribution, inside)

        self.distribution_id = distribution.id
        self.domain_name = distribution.domain_name
        self.bucket = site.bucket.bucket
        self.web_acl_arn = acl.arn
        host = args.domain or distribution.domain_name
        self.url = pulumi.Output.format("https://{0}", host)
        self.distribution = distribution
        self._name, self._site = name, site
        self.register_outputs(
            {
                "distributionId": self.distribution_id,
                "domainName": self.domain_name,
                "bucket": self.bucket,
                "webAclArn": self.web_acl_arn,
                "url": self.url,
            }
        )

    def publish(self, files: Mapping[str, Path], *, after: Sequence[pulumi.Resource]) -> None:
        """Fill the bucket: keys to files. Pages come `after` the API that they ask."""
        upload(self._name, files, self._site, after=after, parent=self)


def _to_site(
    headers: aws.cloudfront.ResponseHeadersPolicy,
) -> aws.cloudfront.DistributionDefaultCacheBehaviorArgsDict:
    """Cached by what the files say; no error page, which would turn the API's errors into HTML."""
    return {
        "target_origin_id": SITE_ORIGIN,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": READS,
        "cached_methods": READS[:2],
        "compress": True,
        "cache_policy_id": CACHING_OPTIMIZED,
        "response_headers_policy_id": headers.id,
    }


def _to_api(
    path: str, methods: list[str], headers: aws.cloudfront.ResponseHeadersPolicy
) -> aws.cloudfront.DistributionOrderedCacheBehaviorArgsDict:
    """Uncached, with all the viewer sent but the Host, which must be the origin's for TLS."""
    return {
        "path_pattern": path,
        "target_origin_id": API_ORIGIN,
        "viewer_protocol_policy": "https-only",
        "allowed_methods": methods,
        "cached_methods": READS[:2],
        "compress": True,
        "cache_policy_id": CACHING_DISABLED,
        "origin_request_policy_id": ALL_VIEWER_EXCEPT_HOST,
        "response_headers_policy_id": headers.id,
    }


def _origins(
    name: str, args: SiteArgs, site: SiteBucket, inside: pulumi.ResourceOptions
) -> list[aws.cloudfront.DistributionOriginArgsDict]:
    control = aws.cloudfront.OriginAccessControl(
        name,
        origin_access_control_origin_type="s3",
        signing_behavior="always",
        signing_protocol="sigv4",
        opts=inside,
    )
    # AWS wants a name, and the stacks of one account must not share it.
    suffix = random.RandomId(name, byte_length=4, opts=inside)
    inner = aws.cloudfront.VpcOrigin(
        name,
        vpc_origin_endpoint_config={
            "name": pulumi.Output.concat(name, "-", suffix.hex),
            "arn": args.load_balancer_arn,
            "http_port": 80,
            "https_port": 443,
            "origin_protocol_policy": "https-only" if args.domain else "http-only",
            "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
        },
        opts=inside,
    )
    return [
        {
            "origin_id": SITE_ORIGIN,
            "domain_name": site.bucket.bucket_regional_domain_name,
            "origin_access_control_id": control.id,
        },
        {
            "origin_id": API_ORIGIN,
            # CloudFront checks this name against the load balancer's certificate.
            "domain_name": f"api.{args.domain}" if args.domain else args.load_balancer_dns_name,
            "vpc_origin_config": {
                "vpc_origin_id": inner.id,
                "origin_keepalive_timeout": KEEPALIVE_SECONDS,
                "origin_read_timeout": 30,
            },
        },
    ]


def _viewer_certificate(
    certificate_arn: pulumi.Output[str] | None,
) -> aws.cloudfront.DistributionViewerCertificateArgsDict:
    if certificate_arn is None:
        return {"cloudfront_default_certificate": True}
    return {
        "acm_certificate_arn": certificate_arn,
        "ssl_support_method": "sni-only",
        "minimum_protocol_version": "TLSv1.2_2021",
    }


def _headers(name: str, inside: pulumi.ResourceOptions) -> aws.cloudfront.ResponseHeadersPolicy:
    return aws.cloudfront.ResponseHeadersPolicy(
        name,
        security_headers_config={
            "strict_transport_security": {
                "access_control_max_age_sec": HSTS_SECONDS,
                "include_subdomains": True,
                "override": True,
            },
            "content_type_options": {"override": True},
            "frame_options": {"frame_option": "DENY", "override": True},
            "referrer_policy": {
                "referrer_policy": "strict-origin-when-cross-origin",
                "override": True,
            },
            "content_security_policy": {
                "content_security_policy": CONTENT_SECURITY,
                "override": True,
            },
        },
        opts=inside,
    )


def _certificate(
    name: str, domain: str, zone_id: str, inside: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """ARN of a valid certificate; CloudFront takes its own from us-east-1 alone."""
    certificate = aws.acm.Certificate(
        f"{name}-tls",
        domain_name=domain,
        validation_method="DNS",
        region=GLOBAL_REGION,
        opts=inside,
    )
    wanted = certificate.domain_validation_options[0]
    proof = aws.route53.Record(
        f"{name}-proof",
        zone_id=zone_id,
        name=wanted.resource_record_name,
        type=wanted.resource_record_type,
        records=[wanted.resource_record_value],
        ttl=300,
        opts=inside,
    )
    valid = aws.acm.CertificateValidation(
        f"{name}-valid",
        certificate_arn=certificate.arn,
        validation_record_fqdns=[proof.fqdn],
        region=GLOBAL_REGION,
        opts=inside,
    )
    return valid.certificate_arn


def _alias_records(
    name: str,
    domain: str,
    zone_id: str,
    distribution: aws.cloudfront.Distribution,
    inside: pulumi.ResourceOptions,
) -> None:
    for kind in ("A", "AAAA"):
        aws.route53.Record(
            f"{name}-{kind.lower()}",
            zone_id=zone_id,
            name=domain,
            type=kind,
            aliases=[
                {
                    "name": distribution.domain_name,
                    "zone_id": distribution.hosted_zone_id,
                    "evaluate_target_health": False,
                }
            ],
            opts=inside,
        )
