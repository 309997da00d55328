"""A certificate that is valid once its record in the domain's zone proves it."""

import pulumi
import pulumi_aws as aws


def valid_certificate(
    name: str,
    host: str,
    zone_id: str,
    inside: pulumi.ResourceOptions,
    *,
    region: str | None = None,
) -> pulumi.Output[str]:
    """ARN of a valid certificate for `host`; in the provider's region if none is given."""
    certificate = aws.acm.Certificate(
        f"{name}-tls", domain_name=host, validation_method="DNS", region=region, opts=inside
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
        region=region,
        opts=inside,
    )
    return valid.certificate_arn
