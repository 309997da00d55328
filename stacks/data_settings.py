"""Settings of what holds data: Aurora MySQL and Valkey."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from stacks.aurora_classes import SERVERLESS, memory_gib
from stacks.checks import daily_window, password_numbers, weekly_window
from stacks.section import Section

READERS_MAX = 15  # Aurora: "Quotas and constraints for Amazon Aurora", DB instances in a cluster
CACHE_REPLICAS_MAX = 5  # ElastiCache: "Quotas for ElastiCache", nodes per shard, less the primary


def _instance_class(value: str) -> str:
    memory_gib(value, acu_max=1)
    return value


InstanceClass = Annotated[str, AfterValidator(_instance_class)]


class DatabaseSettings(Section):
    """Aurora MySQL."""

    engine_version: Annotated[str, Field(pattern=r"^8\.0\.mysql_aurora\.3\.\d+\.\d+$")] = (
        "8.0.mysql_aurora.3.10.3"
    )
    """Engine version at creation; AWS's automatic minor upgrades raise it afterwards."""
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = "task1_db"
    """The database that is made in the cluster (the scaling guide's name)."""
    instance_class: InstanceClass = SERVERLESS
    """Class of writer and readers; db.serverless scales between acuMin and acuMax."""
    reader_class: InstanceClass | None = None
    """Class of the readers where it is not the writer's: db.serverless beside a provisioned
    writer, or the other way round. The first reader takes over when the writer fails."""
    acu_min: Annotated[float, Field(ge=0, le=256, multiple_of=0.5)] = 0.5
    """Smallest capacity in Aurora capacity units (2 GiB each); 0 pauses an instance that nobody is
    connected to, which the API's pods always are."""
    acu_max: Annotated[float, Field(ge=1, le=256, multiple_of=0.5)] = 4.0
    """Largest capacity in Aurora capacity units."""
    pause_seconds: Annotated[int, Field(ge=300, le=86_400)] = 300
    """Time without connections before an instance pauses, where acuMin is 0; waking up takes about
    15 seconds (Aurora user guide, "Scaling to Zero ACUs")."""
    readers: Annotated[int, Field(ge=0)] = 0
    """Read replicas beside the writer; each is a failover target."""
    readers_max: Annotated[int, Field(ge=1, le=READERS_MAX)] | None = None
    """Most readers, those that Aurora adds under load included; `readers` are the fewest."""
    reader_cpu_percent: Annotated[int, Field(ge=10, le=95)] = 60
    """Mean CPU use of the readers above which Aurora adds one, up to readersMax."""
    reader_connections: Annotated[int, Field(ge=1, le=16_000)] | None = None
    """Mean connections of a reader above which Aurora adds one, beside the CPU's rule."""
    proxy: bool = False
    """RDS Proxy with a writer and a read-only endpoint between app and cluster."""
    auth: Literal["secret", "iam"] = "secret"
    """How the API logs in: by a password from a Secret, or by its IAM role through the proxy. A
    change refuses new connections until the pods are replaced."""
    master_rotation_days: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Days after which the master user's password is changed; RDS's own schedule, 7 days, where
    it is not given. Once given, null would end the rotation."""
    backup_days: Annotated[int, Field(ge=7, le=35)] = 7
    """Days of point-in-time recovery (the scaling guide: 7)."""
    backup_window: Annotated[str, AfterValidator(daily_window)] = "07:00-09:00"
    """Daily backup window, UTC (the scaling guide's)."""
    maintenance_window: Annotated[str, AfterValidator(weekly_window)] = "sun:04:00-sun:05:00"
    """Weekly maintenance window, UTC, within one day."""
    restore_snapshot: Annotated[str, Field(pattern=r"^(arn:aws:rds:|rds:)?[A-Za-z][\w:-]*$")] | (
        None
    ) = None
    """Snapshot, by name or ARN, that the cluster is made from. Another value, or none again, makes
    another cluster: leave it as it is."""
    restore_cluster: Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]*|cluster-[A-Z0-9]+)$")] | (
        None
    ) = None
    """Cluster whose past the new cluster is made from: its identifier, or the resource id
    (cluster-ABC...) of one that is deleted and whose backups are kept. Leave it as it is, too."""
    restore_time: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")] | None = None
    """Moment of restoreCluster's past, UTC, like 2026-11-01T12:00:00Z; the latest if not given."""
    insights: Literal["standard", "advanced"] = "standard"
    """Database Insights: 7 days of performance data, or 15 months of it with lock and plan
    analysis, at a price for each vCPU or ACU."""
    storage: Literal["standard", "ioOptimized"] = "standard"
    """How reads and writes are paid: one by one, or with a higher price for instances and storage;
    the latter is cheaper where I/O is more than 25 % of what the cluster costs (Aurora pricing).
    AWS changes to ioOptimized once in 30 days, back at any time."""
    backtrack_hours: Annotated[int, Field(ge=0, le=72)] = 0
    """Hours that the cluster can be set back in place, for a price per change; AWS takes it from 0
    to more only when a cluster is made or restored."""
    write_forwarding: bool = False
    """Readers take writes and hand them to the writer; see the limits of RDS Proxy with it."""

    @field_validator("readers")
    @classmethod
    def _readers_fit(cls, value: int) -> int:
        if value > READERS_MAX:
            raise ValueError(f"{value} is more than the {READERS_MAX} readers Aurora allows")
        return value

    @property
    def class_of_readers(self) -> str:
        """The readers' own class, or the writer's."""
        return self.reader_class or self.instance_class

    @property
    def is_serverless(self) -> bool:
        """Whether the capacity of any instance follows the load."""
        return SERVERLESS in {self.instance_class, self.class_of_readers}

    @property
    def pauses(self) -> bool:
        """Whether instances stop when nobody is connected."""
        return self.is_serverless and self.acu_min == 0


class CacheSettings(Section):
    """Valkey on ElastiCache."""

    mode: Literal["node", "serverless"] = "node"
    """Nodes of `nodeType`, or ElastiCache Serverless, which has no nodes, replicas or eviction
    policy to choose and costs about 6 $ a month at least."""
    node_type: Annotated[str, Field(pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$")] = "cache.t4g.micro"
    """Class of every node."""
    replicas: Annotated[int, Field(ge=0, le=CACHE_REPLICAS_MAX)] = 0
    """Read replicas beside the primary; 0 means no failover."""
    failover: bool = True
    """A replica takes over when the primary fails. False is the step before the last replica goes:
    AWS refuses both at once."""
    max_gib: Annotated[int, Field(ge=1, le=5000)] = 5
    """Largest size of a serverless cache; above it, keys are evicted."""
    max_ecpus: Annotated[int, Field(ge=1000, le=15_000_000)] = 10_000
    """Most ElastiCache processing units a second of a serverless cache; one is a simple command of
    up to 1 KiB. Above it, commands are throttled."""
    role: Literal["cache", "limiter", "both"] = "both"
    """What the app keeps in it; decides which keys are evicted when memory is full."""
    passwords: Annotated[
        tuple[Annotated[int, Field(ge=1, le=999)], ...],
        Field(strict=False),
        AfterValidator(password_numbers),
    ] = (1,)
    """Numbers of the app's passwords that Valkey takes; the app uses the last. To change it: [1],
    then [1, 2], then [2], an update each."""
    snapshot_days: Annotated[int, Field(ge=0, le=35)] = 1
    """Days a daily snapshot is kept; 0 takes none."""
