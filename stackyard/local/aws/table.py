"""All rows, by Pulumi type."""

from stackyard.local.aws import (
    table_accounts,
    table_alarms,
    table_balancing,
    table_cdn,
    table_dns,
    table_ec2,
    table_endpoints,
    table_firewall,
    table_iam,
    table_images,
    table_listeners,
    table_platform,
    table_proxies,
    table_rds,
    table_rds_groups,
    table_routes,
    table_s3,
    table_waf,
    table_ways,
)
from stackyard.local.aws.spec import Spec

ROWS: tuple[Spec, ...] = tuple(
    spec
    for module in (
        table_accounts,
        table_alarms,
        table_balancing,
        table_cdn,
        table_dns,
        table_ec2,
        table_endpoints,
        table_firewall,
        table_iam,
        table_images,
        table_listeners,
        table_platform,
        table_proxies,
        table_rds,
        table_rds_groups,
        table_routes,
        table_s3,
        table_waf,
        table_ways,
    )
    for spec in module.ROWS
)
TABLE: dict[str, Spec] = {spec.pulumi_type: spec for spec in ROWS}
