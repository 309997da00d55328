"""When a candidate is good enough, too bad, or not known well enough; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from release.parts import Probe, Targets, Traffic

P95_RATIO = 3.0
"""How many times the live version's p95 a candidate's may be."""
P95_FLOOR_SECONDS = 0.1
"""What nobody feels is no reason to roll back, whatever its ratio."""
FAIR_REQUESTS = 20
"""A p95 of fewer is the slowest of them."""
FAILED_PROBES, LAST_PROBES = 2, 10
"""So many bad among the latest so many of the release's own requests end it at once."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How long is watched, and what is too much."""

    step_seconds: float
    bake_seconds: float
    look_seconds: float
    """Between two looks at the metrics."""
    probe_seconds: float
    """Between two requests of the release's own."""
    max_error_percent: float
    max_p95_seconds: float
    pods: int
    """How many must be healthy before the candidate gets a request."""
    ready_seconds: float
    """How long the candidate's pods may take to be healthy for the load balancer."""
    smoke_requests: int = 20
    patience: float = 3.0
    """How many times its length a step may take until there are metrics of it."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is seen of a candidate at one moment of a step."""

    traffic: Traffic
    targets: Targets
    alarms: Sequence[str]


def problem(look: Look, policy: Policy, baseline_seconds: float | None) -> str:
    """What makes the candidate too bad; empty when nothing does.

    `baseline_seconds` is the live version's p95, none where it had no requests.
    """
    traffic = look.traffic
    if look.targets.unhealthy:
        return f"{look.targets.unhealthy} of its pods are unhealthy"
    if not look.targets.healthy:
        return "none of its pods is healthy"
    if look.alarms:
        return f"in alarm: {', '.join(look.alarms)}"
    # One alone may be a client's or the network's.
    if traffic.errors > 1 and traffic.errors * 100 > policy.max_error_percent * traffic.requests:
        return (
            f"{traffic.errors} of {traffic.requests} requests failed,"
            f" more than {policy.max_error_percent:g} %"
        )
    return slow(traffic, policy, baseline_seconds)


def slow(traffic: Traffic, policy: Policy, baseline_seconds: float | None) -> str:
    """How a p95 is out of bounds; empty when it is not, or is of too few requests."""
    p95 = traffic.p95_seconds
    if p95 is None or traffic.requests < FAIR_REQUESTS:
        return ""
    if p95 > policy.max_p95_seconds:
        return f"p95 is {p95 * 1000:.0f} ms, more than {policy.max_p95_seconds * 1000:.0f} ms"
    if baseline_seconds is not None and p95 > max(P95_FLOOR_SECONDS, P95_RATIO * baseline_seconds):
        return f"p95 is {p95 * 1000:.0f} ms, the live version's {baseline_seconds * 1000:.0f} ms"
    return ""


def sudden_problem(problems: Sequence[str]) -> str:
    """Why the release's own requests, the latest last, say that the candidate is down."""
    bad = [said for said in problems[-LAST_PROBES:] if said]
    return bad[-1] if len(bad) >= FAILED_PROBES else ""


@dataclass
class Processes:
    """When the process of each pod began, as the candidate's own answers tell it.

    A container that ends is started again within a second: the load balancer gives its requests to
    the other pods, no health check fails, and few users notice, until all of the pods do so.
    """

    _began: dict[str, str] = field(default_factory=dict[str, str])

    def ended(self, probe: Probe) -> str:
        """Which pod's process has ended since it was met; empty if that of none did."""
        if not probe.pod or self._began.setdefault(probe.pod, probe.began) == probe.began:
            return ""
        return f"the process of pod {probe.pod} ended, and was started again at {probe.began}"
