"""The edge: CloudFront before the site's bucket and the API, with web ACL, certificate, names."""  # noqa: A005  # the part's name; nobody here imports the standard library's module

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components._behaviours import Serving, behaviours, default_behaviour
from components._certificate import valid_certificate
from components._origins import (
    ApiOriginArgs,
    access_control,
    api_origin,
    bucket_origin,
    failover,
)
from components._serving import fallback_function, pages_policy, signers
from components._site_bucket import SiteBucket, allow_distribution, site_bucket, upload
from components._site_names import alias_records
from components._web_acl import GLOBAL_REGION, web_acl
from stacks.edge_settings import EdgeSettings

SITE_ORIGIN, SPARE_ORIGIN, FILES_ORIGIN, API_ORIGIN = "site", "site-spare", "files", "api"

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
    origin_key: pulumi.Input[str] | None
    """What a public load balancer asks for in `ORIGIN_HEADER`; None for one inside the VPC."""
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
        settings = args.settings
        buckets = _buckets(name, args, parent=self)
        acl = web_acl(name, settings, log_days=args.log_days, parent=self)
        certificate_arn = (
            # CloudFront takes its own from us-east-1 alone.
            valid_certificate(name, args.domain, args.zone_id, inside, region=GLOBAL_REGION)
            if args.domain and args.zone_id
            else None
        )
        api = ApiOriginArgs(
            load_balancer_arn=args.load_balancer_arn,
            load_balancer_dns_name=args.load_balancer_dns_name,
            key=args.origin_key,
            domain=args.domain,
        )
        control = access_control(name, inside)
        files = [bucket_origin(origin, made.bucket, control) for origin, made in buckets.items()]
        serving = _serving(name, settings, inside)
        distribution = aws.cloudfront.Distribution(
            name,
            enabled=True,
            comment=name,
            aliases=[args.domain] if args.domain else None,
            price_class=settings.price_class,
            http_version="http2and3",
            is_ipv6_enabled=True,
            default_root_object="index.html",
            web_acl_id=acl.arn,
            origins=[*files, api_origin(API_ORIGIN, name, api, inside)],
            origin_groups=[failover(FILES_ORIGIN, [*buckets])] if len(files) > 1 else None,
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate=_viewer_certificate(certificate_arn),
            default_cache_behavior=default_behaviour(serving),
            ordered_cache_behaviors=behaviours(serving),
            opts=inside,
        )
        for bucket in buckets.values():
            allow_distribution(bucket, distribution.arn, parent=self)
        if args.domain and args.zone_id:
            alias_records(name, args.domain, args.zone_id, distribution, inside)

        self.distribution_id = distribution.id
        self.domain_name = distribution.domain_name
        self.bucket = buckets[SITE_ORIGIN].bucket.bucket
        self.web_acl_arn = acl.arn
        host = args.domain or distribution.domain_name
        self.url = pulumi.Output.format("https://{0}", host)
        self.distribution = distribution
        self._buckets = buckets
        self.register_outputs(_outputs(self))

    def publish(self, files: Mapping[str, Path], *, after: Sequence[pulumi.Resource]) -> None:
        """Fill every bucket: keys to files. Pages come `after` the API that they ask."""
        for bucket in self._buckets.values():
            upload(files, bucket, after=after, parent=self)


def _outputs(site: Site) -> dict[str, pulumi.Output[str]]:
    return {
        "distributionId": site.distribution_id,
        "domainName": site.domain_name,
        "bucket": site.bucket,
        "webAclArn": site.web_acl_arn,
        "url": site.url,
    }


def _buckets(name: str, args: SiteArgs, *, parent: pulumi.Resource) -> dict[str, SiteBucket]:
    """By origin: the site's, and the spare in another region if there is to be one."""
    buckets = {SITE_ORIGIN: site_bucket(name, protect=args.protect, parent=parent)}
    if args.settings.failover_region:
        buckets[SPARE_ORIGIN] = site_bucket(
            f"{name}-spare",
            protect=args.protect,
            region=args.settings.failover_region,
            parent=parent,
        )
    return buckets


def _serving(name: str, settings: EdgeSettings, inside: pulumi.ResourceOptions) -> Serving:
    return Serving(
        files_origin=FILES_ORIGIN if settings.failover_region else SITE_ORIGIN,
        api_origin=API_ORIGIN,
        headers_policy_id=_headers(name, inside).id,
        pages_policy_id=pages_policy(name, inside).id,
        fallback=fallback_function(name, settings.fallback, inside),
        signers=signers(name, settings.signed_paths, inside),
    )


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
