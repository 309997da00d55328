"""What `Pulumi.<stack>.yaml` may say: every setting once, with its unit, bounds and default."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from stacks.account_settings import AccountSettings
from stacks.checks import (
    CPU_QUANTITY,
    MEMORY_QUANTITY,
    different,
    no_secrets,
    variable_names,
)
from stacks.cluster_settings import ClusterSettings
from stacks.cost_settings import CostSettings
from stacks.data_settings import CacheSettings, DatabaseSettings
from stacks.edge_settings import EdgeSettings
from stacks.network_settings import NetworkSettings
from stacks.review import LONGEST_HOURS
from stacks.section import Section

LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192)
"""Retention that CloudWatch Logs takes (API reference, PutRetentionPolicy), up to six years."""

Size = Literal["local", "small", "large"]


class EnvSettings(AccountSettings):
    """Who the stack belongs to and where it stands."""

    size: Size
    """Profile of defaults for every other section: local, small (staging) or large (production)."""
    domain: Annotated[str, Field(pattern=r"^([a-z0-9-]{1,63}\.)+[a-z]{2,63}$")] | None = None
    """Name the site answers under; none serves CloudFront's own name over plain origin HTTP."""
    zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]{1,31}$")] | None = None
    """Route 53 hosted zone that holds `domain`."""
    ttl_hours: Annotated[int, Field(ge=1, le=LONGEST_HOURS)] | None = None
    """Hours after its last update when it may be deleted, told by tag `ttl-hours`; none: never."""
    permissions_boundary: (
        Annotated[str, Field(pattern=r"^arn:aws:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$")] | None
    ) = None
    """ARN of the policy that no role of the stack exceeds; bootstrap's deploy role makes no role
    without bootstrap's own, its output `permissionsBoundary`."""


class AppSettings(Section):
    """The API: its image, size and how it scales."""

    image: str
    """Image by digest: <repository>@sha256:<64 hexadecimal digits>."""
    port: Annotated[int, Field(ge=1024, le=65535)] = 5000
    """Port of the container (the scaling guide's)."""
    min_replicas: Annotated[int, Field(ge=2, le=100)] = 2
    """Fewest pods; two, so that one can go without an outage."""
    max_replicas: Annotated[int, Field(ge=2, le=100)] = 10
    """Most pods (the scaling guide's)."""
    cpu_target_percent: Annotated[int, Field(ge=10, le=95)] = 70
    """CPU use, in percent of the request, at which the autoscaler adds pods."""
    cpu_request: Annotated[str, Field(pattern=CPU_QUANTITY)] = "250m"
    """CPU a pod is scheduled with, as a Kubernetes quantity."""
    cpu_limit: Annotated[str, Field(pattern=CPU_QUANTITY)] = "500m"
    """CPU a pod may use, as a Kubernetes quantity."""
    memory_request: Annotated[str, Field(pattern=MEMORY_QUANTITY)] = "256Mi"
    """Memory a pod is scheduled with, as a Kubernetes quantity."""
    memory_limit: Annotated[str, Field(pattern=MEMORY_QUANTITY)] = "512Mi"
    """Memory above which a pod is killed, as a Kubernetes quantity."""
    recommend_memory: bool = False
    """Vertical Pod Autoscaler in its mode Off: says what memory the pods need, and changes none."""
    env: Annotated[dict[str, str], AfterValidator(variable_names), AfterValidator(no_secrets)] = (
        Field(default_factory=dict[str, str])
    )
    """Further environment variables; no secrets, and none that the pod sets itself."""

    partition_posts: bool = False
    """The table of posts is in quarters, which the API is told, and a nightly job keeps ahead; it
    costs the search and the foreign key (docs/migrations.md: `partitions enable` comes first)."""

    @field_validator("image")
    @classmethod
    def _image_by_digest(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9][\w./:-]*@sha256:[0-9a-f]{64}", value):
            raise ValueError(
                f"{value!r} has no digest; write <repository>@sha256:<64 hexadecimal digits>,"
                " since a tag can move between preview and update"
            )
        return value


class ReleaseSettings(Section):
    """How a version replaces another."""

    drain_seconds: Annotated[int, Field(ge=1, le=300)] = 30
    """Time a pod or target serves on after it is told to go; preStop, deregistration and grace."""
    ready_seconds: Annotated[int, Field(ge=10, le=3600)] = 300
    """Time that a version's pods may take to be ready, a new node for them included; the update
    fails when it is over."""
    step_seconds: Annotated[int, Field(ge=1, le=3600)] = 180
    """Time that 10, 50 and 100 percent of the requests are watched each; CloudWatch tells of a
    minute when it is over."""
    bake_seconds: Annotated[int, Field(ge=1, le=86400)] = 600
    """Time that the new version is watched with all requests before it counts as good."""
    max_error_percent: Annotated[float, Field(gt=0, le=50)] = 1.0
    """Share of failed requests above which a version is rolled back."""
    max_p95_ms: Annotated[int, Field(ge=1, le=60_000)] = 500
    """Response time of 95 % of the requests above which a version is rolled back; so is one that
    is three times as slow as the version before it."""
    alarms: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=255)], ...],
        Field(strict=False, max_length=100),
        AfterValidator(different),
    ] = ()
    """CloudWatch alarms, by name, that end a release when they go off."""
    retry: bool = False
    """Try a version again that was rolled back."""
    keep_previous: bool = False
    """Keep the pods of the version before, so that it can come back at once."""


class ObserveSettings(Section):
    """Logs and alarms."""

    log_days: int = 30
    """Days that log groups keep events; one of CloudWatch's values."""
    runbook_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    """Page that whoever is on call opens first."""
    alarms: bool = True
    """Watch database, proxy and cache with CloudWatch alarms."""
    alarm_topic_arn: (
        Annotated[str, Field(pattern=r"^arn:aws:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$")] | None
    ) = None
    """SNS topic, in the stack's region, that alarms and events of the database are sent to; without
    it alarms only change their state."""

    @field_validator("log_days")
    @classmethod
    def _cloudwatch_takes_it(cls, value: int) -> int:
        if value not in LOG_DAYS:
            raise ValueError(f"{value} is not one of CloudWatch's values: {LOG_DAYS}")
        return value


class Settings(Section):
    """All sections of one stack; what they can't be together stands in stacks/combinations.py."""

    env: EnvSettings
    network: NetworkSettings = NetworkSettings()
    database: DatabaseSettings = DatabaseSettings()
    cache: CacheSettings = CacheSettings()
    cluster: ClusterSettings = ClusterSettings()
    app: AppSettings
    edge: EdgeSettings = EdgeSettings()
    release: ReleaseSettings = ReleaseSettings()
    observe: ObserveSettings = ObserveSettings()
    cost: CostSettings = CostSettings()
