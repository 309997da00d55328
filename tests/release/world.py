"""A load balancer, its metrics, a ledger and time, all in memory: what a release is tried on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from release.judge import Policy
from release.parts import Parts, Probe, Targets, Traffic, Weights
from release.plan import Ledger, Plan, Route, Serving, Version
from stacks.slots import SLOTS, Slot

ROUTE = Route(
    listener="arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/api/1/2",
    groups={
        slot: f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{slot}/1"
        for slot in SLOTS
    },
)
POLICY = Policy(
    step_seconds=6,
    bake_seconds=12,
    look_seconds=1,
    probe_seconds=0.2,
    max_error_percent=1,
    max_p95_seconds=0.5,
    pods=2,
    ready_seconds=300,
)
START = datetime(2026, 11, 28, tzinfo=UTC)


def version(letter: str) -> Version:
    """A version whose id and digest are that letter's."""
    return Version(id=letter * 16, image=f"registry.example.com/api@sha256:{letter * 64}")


V1, V2, V3 = version("1"), version("2"), version("3")


def serving(slot: Slot, of: Version, level: int = 2, number: int = 1) -> Serving:
    """A version that has served for long."""
    return Serving(
        number=number, slot=slot, version=of, level=level, floor=None, since="2026-01-01"
    )


class KilledError(BaseException):
    """The driver is gone at this moment; nothing of it runs on."""


@dataclass
class World:
    """Everything a release sees and changes. Requests come at 100 a second."""

    ledger: Ledger = field(default_factory=Ledger)
    weights: Weights | None = None
    running: dict[Slot, Version] = field(default_factory=dict[Slot, Version])
    """The pods of each slot; healthy, two of them."""
    unhealthy: set[Slot] = field(default_factory=set[Slot])
    errors: dict[str, float] = field(default_factory=dict[str, float])
    """Share of its requests that a version fails, by its id."""
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    """p95 of a version, by its id; 20 ms if not given."""
    probe_seconds: dict[str, float] = field(default_factory=dict[str, float])
    """How long a version takes to answer the release's own requests; 10 ms if not given."""
    began: dict[str, str] = field(default_factory=dict[str, str])
    """When the process of its one pod began, by a version's id; none told if not given."""
    down: set[str] = field(default_factory=set[str])
    """Ids of the versions that answer no probe."""
    alarmed: list[str] = field(default_factory=list[str])
    missing_alarm: str = ""
    """What is said of a watched alarm that is not there."""
    silent: bool = False
    """Metrics do not come."""
    deaf: int = 0
    """So many moves have no effect."""
    deaf_to: Weights | None = None
    """Nor has a move to these."""
    targets: dict[Slot, list[Targets]] = field(default_factory=dict[Slot, list[Targets]])
    """What is seen of a slot's pods first, before they are as they are."""
    on_event: Callable[[str], None] = lambda _: None
    """Told of each change and each look, before it happens; may raise."""
    time: datetime = START
    told: list[str] = field(default_factory=list[str])
    misled: int = 0
    """Moves that gave requests to a slot with nobody in it."""

    @property
    def parts(self) -> Parts:
        """The world as a release takes it."""
        return Parts(
            router=_Router(self),
            metrics=_Metrics(self),
            probes=_Probes(self),
            store=_Store(self),
            clock=_Clock(self),
            tell=self.told.append,
        )

    def healthy(self, slot: Slot) -> bool:
        """Whether anybody answers there."""
        return slot in self.running and slot not in self.unhealthy


@dataclass
class _Router:
    world: World

    def weights(self) -> Weights | None:
        return self.world.weights

    def move(self, weights: Weights) -> None:
        self.world.on_event(f"move {dict(weights)}")
        self.world.misled += any(
            weight and not self.world.healthy(slot) for slot, weight in weights.items()
        )
        if self.world.deaf or weights == self.world.deaf_to:
            self.world.deaf = max(0, self.world.deaf - 1)
            return
        self.world.weights = dict(weights)

    def targets(self, slot: Slot) -> Targets:
        first = self.world.targets.get(slot)
        if first:
            return first.pop(0)
        present = 2 if slot in self.world.running else 0
        bad = present if slot in self.world.unhealthy else 0
        return Targets(healthy=present - bad, starting=0, unhealthy=bad)


@dataclass
class _Metrics:
    world: World

    def traffic(self, slot: Slot, since: datetime) -> Traffic:
        self.world.on_event(f"look at {slot}")
        weight = (self.world.weights or {}).get(slot, 0)
        gone = (self.world.time - since).total_seconds()
        running = self.world.running.get(slot)
        if self.world.silent or running is None or not weight:
            return Traffic(requests=0, errors=0, p95_seconds=None)
        requests = int(gone * weight)
        return Traffic(
            requests=requests,
            errors=int(requests * self.world.errors.get(running.id, 0)),
            p95_seconds=self.world.seconds.get(running.id, 0.02),
        )

    def alarms(self) -> list[str]:
        if self.world.missing_alarm:
            raise LookupError(self.world.missing_alarm)
        return list(self.world.alarmed)


@dataclass
class _Probes:
    world: World

    def ask(self, slot: Slot) -> Probe:
        running = self.world.running.get(slot)
        if running is None or running.id in self.world.down:
            return Probe(problem="/health answers 502", seconds=0.01)
        seconds = self.world.probe_seconds.get(running.id, 0.01)
        began = self.world.began.get(running.id, "")
        pod = "1a2b" if began else ""
        return Probe(
            problem="", seconds=seconds, digest=running.digest, level=3, pod=pod, began=began
        )


@dataclass
class _Store:
    world: World

    def read(self) -> Ledger:
        return self.world.ledger

    def write(self, ledger: Ledger) -> None:
        self.world.on_event("write the ledger")
        self.world.ledger = ledger


@dataclass
class _Clock:
    world: World

    def now(self) -> datetime:
        return self.world.time

    def sleep(self, seconds: float) -> None:
        self.world.time += timedelta(seconds=seconds)


def with_live(of: Version, **more: object) -> World:
    """A world where that version serves in blue."""
    ledger = Ledger(live=serving("blue", of), route=ROUTE)
    world = World(ledger=ledger, weights={"blue": 100, "green": 0}, running={"blue": of})
    return replace(world, **more)


def to_green(of: Version, live: Version) -> Plan:
    """The plan that brings a version to green while another serves in blue."""
    return Plan(number=2, slot="green", version=of, live=serving("blue", live), floor=2)
