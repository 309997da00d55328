"""What a cost estimate assumes, and how much of a price something takes."""

from dataclasses import dataclass
from decimal import Decimal

from stackyard.report.graph import Graph, Node
from stackyard.report.prices import PriceTable

HOURS = 730
"""Of a month, as AWS's own calculator counts."""
BUSY = 3
"""How many times the expected requests the high estimate takes."""
_GIB_IN_KIB = 1024 * 1024
IOS_PER_REQUEST = 2
"""Storage operations that a request makes in Aurora beyond what its buffer pool holds; an
estimate."""
NAT_SHARE = 0.1
"""GB through NAT per GB that goes out to users; an estimate."""
PROXY_MIN_ACUS = 8
"""What RDS Proxy counts at least for Aurora Serverless (Amazon RDS Proxy pricing)."""
SPOT_SHARE = Decimal("0.4")
"""Of the on-demand price; an estimate, AWS names up to 90 % less (EC2 user guide, "Spot
Instances")."""
AUTO_MODE_SHARE = Decimal("0.12")
"""Of the on-demand price, which EKS Auto Mode takes for managing a node, a spot one too (Amazon EKS
pricing, "EKS Auto Mode", as quoted by factualminds.com on 2026-06-13)."""
ROOT_DISK_GIB = 20
"""EKS's default of a node's disk (EKS user guide, "Managed node groups")."""
SMALLEST_CACHE_GB = {"valkey": 0.1}
"""What a serverless cache is metered as at least (Amazon ElastiCache pricing); others as 1."""
ECPUS_PER_KIB = 1
"""ElastiCache processing units a KiB that a request transfers (Amazon ElastiCache pricing)."""
POLLS = 130_000
"""Requests a month of who waits at a queue, 20 s at a time."""
BUCKET_GIB, REPOSITORY_GIB = 10, 2
"""Of a bucket, and of a repository of images; estimates."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What the estimate assumes of users; from `cost` in the stack file."""

    region: str = "us-east-1"
    monthly_requests: int = 10_000_000
    response_kib: float = 20
    database_gib: float = 20
    log_gib: float = 30
    load_percent: float = 25
    """How far the autoscaled parts stand between their fewest and their most."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an item may look at."""

    graph: Graph
    usage: Usage
    prices: PriceTable

    def all(self, type_: str) -> list[Node]:
        """All resources of a type."""
        return [node for node in self.graph.values() if node.type == type_]

    @property
    def out_gb(self) -> float:
        """What users receive in a month."""
        return self.usage.monthly_requests * self.usage.response_kib / _GIB_IN_KIB


@dataclass(frozen=True, kw_only=True)
class Amount:
    """So much of one price."""

    key: str
    what: str
    low: float
    expected: float
    high: float
    factor: Decimal = Decimal(1)
    reservable: bool = False


def steady(key: str, what: str, amount: float) -> Amount:
    """The same whether users come or not."""
    return Amount(key=key, what=what, low=amount, expected=amount, high=amount)


def hourly(
    key: str,
    what: str,
    counts: tuple[float, float, float],
    *,
    factor: Decimal = Decimal(1),
    reservable: bool = False,
) -> Amount:
    """So many of them, each hour of the month: fewest, average, most."""
    low, expected, high = (each * HOURS for each in counts)
    return Amount(
        key=key,
        what=what,
        low=low,
        expected=expected,
        high=high,
        factor=factor,
        reservable=reservable,
    )


def used(key: str, what: str, amount: float) -> Amount:
    """What users cause: nothing while nobody is there."""
    return Amount(key=key, what=what, low=0, expected=amount, high=amount * BUSY)


def not_priced(what: str) -> Amount:
    """Something that AWS charges for and no table here has, to be named."""
    return Amount(key=what, what=what, low=0, expected=0, high=0)


def between(low: float, high: float, usage: Usage) -> tuple[float, float, float]:
    """Fewest, average and most of what scales by itself."""
    return low, low + (high - low) * usage.load_percent / 100, high
