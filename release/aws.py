"""The parts of a release on AWS, or on whatever AWS_ENDPOINT_URL names."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import boto3
from botocore.config import Config

from release.alb import AlbMetrics, AlbRouter
from release.ledger import LedgerParameter
from release.parts import LedgerStore, Parts, Router, Way
from release.plan import Route
from release.probes import HttpProbes
from stacks.slots import Slot

_client = boto3.client  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # other services have no stubs
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
    return LedgerParameter(stack, _client("ssm", region_name=region, config=_PATIENT))


def router_of(route: Route, region: str) -> Router:
    """The load balancer that the ledger names."""
    return AlbRouter(route, _client("elbv2", region_name=region, config=_PATIENT))


def way_of(route: Route, region: str, tell: Callable[[str], None]) -> Way:
    """What moves requests."""
    return Way(router=router_of(route, region), clock=SystemClock(), tell=tell)


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """What the parts are made from."""

    stack: str
    region: str
    route: Route
    alarms: Sequence[str]
    """Names of the alarms that end a release."""
    url: str
    """The CDN's own address."""
    test_values: Mapping[Slot, str]
    """What each slot's test rule wants in its header."""


def parts_of(wiring: Wiring, tell: Callable[[str], None]) -> Parts:
    """All parts; `tell` takes the lines for whoever watches."""
    region, route = wiring.region, wiring.route
    return Parts(
        router=router_of(route, region),
        metrics=AlbMetrics(
            route,
            wiring.alarms,
            _client("cloudwatch", region_name=region, config=_PATIENT),
        ),
        probes=HttpProbes(wiring.url, wiring.test_values),
        store=ledger_of(wiring.stack, region),
        clock=SystemClock(),
        tell=tell,
    )
