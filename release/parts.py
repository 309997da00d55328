"""What a release stands on: the load balancer, its metrics, requests of its own, ledger, clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from release.plan import Ledger
from stacks.slots import Slot

Weights = Mapping[Slot, int]
"""Share of the requests by slot, in percent."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The pods of one slot, as the load balancer sees them."""

    healthy: int
    starting: int
    """Registered and not yet judged."""
    unhealthy: int


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What one slot answered in a window of time."""

    requests: int
    errors: int
    """5xx answers and connections that failed."""
    p95_seconds: float | None
    """Response time that 95 % stayed within; none without requests."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One request of the release itself, by the test rule."""

    problem: str
    """What was wrong with the answer; empty when it was good."""
    seconds: float
    digest: str = ""
    """Of the image that answered."""
    level: int | None = None
    """How many migrations it knows."""
    pod: str = ""
    """Which pod answered; empty for an image that does not tell."""
    began: str = ""
    """When that pod's process began."""


class Router(Protocol):
    """The production rule and the target groups."""

    def weights(self) -> Weights | None:
        """As the load balancer has them now; none where there is no rule yet."""
        ...

    def move(self, weights: Weights) -> None:
        """Change them."""
        ...

    def targets(self, slot: Slot) -> Targets:
        """How healthy the slot's pods are."""
        ...


class Metrics(Protocol):
    """What the load balancer counted."""

    def traffic(self, slot: Slot, since: datetime) -> Traffic:
        """What the slot answered since then."""
        ...

    def alarms(self) -> list[str]:
        """Names of the watched alarms that are in ALARM now; raises `LookupError` for a missing."""
        ...


class Probes(Protocol):
    """Requests of the release itself."""

    def ask(self, slot: Slot) -> Probe:
        """One request to the slot, whatever its weight."""
        ...


class LedgerStore(Protocol):
    """Where the ledger is kept."""

    def read(self) -> Ledger:
        """The ledger; an empty one where nothing was released yet."""
        ...

    def write(self, ledger: Ledger) -> None:
        """Keep it."""
        ...


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """In UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, kw_only=True)
class Way:
    """What moves requests."""

    router: Router
    clock: Clock
    tell: Callable[[str], None]
    """Takes a line for whoever watches."""


@dataclass(frozen=True, kw_only=True)
class Parts(Way):
    """All of them."""

    metrics: Metrics
    probes: Probes
    store: LedgerStore
