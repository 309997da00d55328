"""The site's own name: the records that lead to CloudFront."""

import pulumi
import pulumi_aws as aws


def alias_records(
    name: str,
    domain: str,
    zone_id: str,
    distribution: aws.cloudfront.Distribution,
    inside: pulumi.ResourceOptions,
) -> None:
    """The domain, over IPv4 and IPv6."""
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
