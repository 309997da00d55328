"""The site's own name: its certificate in us-east-1 and the records that lead to CloudFront."""

import pulumi
import pulumi_aws as aws

from components._web_acl import GLOBAL_REGION


def certificate(
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
