"""A cache without nodes: ElastiCache Serverless, bounded so that its price is."""

import pulumi
import pulumi_aws as aws

from components._cache_nodes import ENGINE, ENGINE_VERSION, CachePlace

SNAPSHOT_TIME = "02:00"
"""UTC."""


def make_serverless_cache(
    name: str, place: CachePlace, *, parent: pulumi.Resource
) -> aws.elasticache.ServerlessCache:
    """TLS and encryption are ElastiCache's own here; `protect` comes from the parent."""
    settings = place.settings
    return aws.elasticache.ServerlessCache(
        name,
        description=f"{name} ({ENGINE})",
        engine=ENGINE,
        major_engine_version=ENGINE_VERSION.partition(".")[0],
        cache_usage_limits={
            "data_storage": {"maximum": settings.max_gib, "unit": "GB"},
            "ecpu_per_seconds": [{"maximum": settings.max_ecpus}],
        },
        subnet_ids=place.subnet_ids,
        security_group_ids=[place.access_group_id],
        user_group_id=place.user_group_id,
        kms_key_id=place.key_arn,
        snapshot_retention_limit=settings.snapshot_days,
        daily_snapshot_time=SNAPSHOT_TIME if settings.snapshot_days else None,
        opts=pulumi.ResourceOptions(parent=parent),
    )
