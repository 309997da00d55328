"""Settings of what holds data: Aurora MySQL and Valkey."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from stacks.checks import daily_window, weekly_window
from stacks.section import Section

READERS_MAX = 15  # Aurora: "Quotas and constraints for Amazon Aurora", DB instances in a cluster
CACHE_REPLICAS_MAX = 5  # ElastiCache: "Quotas for ElastiCache", nodes per shard, less the primary


class DatabaseSettings(Section):
    """Aurora MySQL."""

    engine_version: Annotated[str, Field(pattern=r"^8\.0\.mysql_aurora\.3\.\d+\.\d+$")] = (
        "8.0.mysql_aurora.3.10.3"
    )
    """Engine version at creation; AWS's automatic minor upgrades raise it afterwards."""
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = "task1_db"
    """The database that is made in the cluster (the scaling guide's name)."""
    instance_class: Annotated[str, Field(pattern=r"^db\.([a-z0-9]+\.[a-z0-9]+|serverless)$")] = (
        "db.serverless"
    )
    """Class of writer and readers; db.serverless scales between acuMin and acuMax."""
    acu_min: Annotated[float, Field(ge=0.5, le=256, multiple_of=0.5)] = 0.5
    """Smallest capacity in Aurora capacity units (2 GiB each)."""
    acu_max: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)] = 4.0
    """Largest capacity in Aurora capacity units."""
    readers: Annotated[int, Field(ge=0)] = 0
    """Read replicas beside the writer; each is a failover target."""
    proxy: bool = False
    """RDS Proxy with a writer and a read-only endpoint between app and cluster."""
    backup_days: Annotated[int, Field(ge=7, le=35)] = 7
    """Days of point-in-time recovery (the scaling guide: 7)."""
    backup_window: Annotated[str, AfterValidator(daily_window)] = "07:00-09:00"
    """Daily backup window, UTC (the scaling guide's)."""
    maintenance_window: Annotated[str, AfterValidator(weekly_window)] = "sun:04:00-sun:05:00"
    """Weekly maintenance window, UTC, within one day."""

    @field_validator("readers")
    @classmethod
    def _readers_fit(cls, value: int) -> int:
        if value > READERS_MAX:
            raise ValueError(f"{value} is more than the {READERS_MAX} readers Aurora allows")
        return value


class CacheSettings(Section):
    """Valkey on ElastiCache."""

    node_type: Annotated[str, Field(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")] = "cache.t4g.micro"
    """Class of every node."""
    replicas: Annotated[int, Field(ge=0, le=CACHE_REPLICAS_MAX)] = 0
    """Read replicas beside the primary; 0 means no failover."""
    role: Literal["cache", "limiter", "both"] = "both"
    """What the app keeps in it; decides which keys are evicted when memory is full."""
    snapshot_days: Annotated[int, Field(ge=0, le=35)] = 1
    """Days a daily snapshot is kept; 0 takes none."""
