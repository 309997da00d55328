"""The parts of a release on AWS, or on whatever AWS_ENDPOINT_URL names."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import boto3
from botocore.config import Config

from release.alb import AlbMetrics, AlbRouter
from release.ledger import LedgerParameter
from release.parts import LedgerStore, Parts, Router
from release.plan import Route, Slot
from release.probes import HttpProbes

# A release that a throttled call ends is one that goes back for nothing.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})


class SystemClock:
    """The machine's."""

    def now(self) -> datetime:
        """In UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def ledger_of(stack: str, region: str) -> LedgerStore:
    """Where the stack's ledger is kept."""
    return LedgerParameter(stack, boto3.client("ssm", region_name=region, config=_PATIENT))


def router_of(route: Route, region: str) -> Router:
    """The load balancer that the ledger names."""
    return AlbRouter(route, boto3.client("elbv2", region_name=region, config=_PATIENT))


def parts_of(
    stack: str,
    region: str,
    route: Route,
    *,
    alarms: Sequence[str],
    url: str,
    test_values: Mapping[Slot, str],
    tell: Callable[[str], None],
) -> Parts:
    """All parts; `url` is the CDN's own, `test_values` what each slot's test rule wants."""
    return Parts(
        router=router_of(route, region),
        metrics=AlbMetrics(
            route, alarms, boto3.client("cloudwatch", region_name=region, config=_PATIENT)
        ),
        probes=HttpProbes(url, test_values),
        store=ledger_of(stack, region),
        clock=SystemClock(),
        tell=tell,
    )
