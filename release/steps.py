"""The steps of a release: the gate before any request, the shares, the bake."""

from dataclasses import dataclass, field
from datetime import timedelta

from release.judge import (
    LAST_PROBES,
    Look,
    Policy,
    Processes,
    problem,
    slow,
    sudden_problem,
)
from release.parts import Parts, Targets, Traffic, Way, Weights
from release.plan import Version, other
from stacks.slots import Slot

BASELINE_SECONDS = 300.0
"""How far back the live version's p95 is taken from."""
READ_BACK_SECONDS = 30.0
"""How long the load balancer may take to say the weights it was told."""
PAUSE_SECONDS = 1.0


class FailedError(Exception):
    """The candidate is not good enough; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The version under test, and where it stands."""

    slot: Slot
    version: Version
    processes: Processes = field(default_factory=Processes)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A share of the requests that is watched for a while."""

    name: str
    weights: Weights
    seconds: float
    baseline_seconds: float | None
    """The live version's p95 before it all began."""


def share(slot: Slot, percent: int) -> Weights:
    """The weights that give one slot so much."""
    return {slot: percent, other(slot): 100 - percent}


def gate(candidate: Candidate, parts: Parts, policy: Policy) -> int | None:
    """Ask the candidate before anybody else does; the level that its image names.

    All pods healthy for the load balancer, then requests by the test rule: each good, each from
    this version, none too slow. Raises `FailedError`.
    """
    targets = _wait_until_healthy(candidate, parts, policy)
    told = [parts.probes.ask(candidate.slot) for _ in range(policy.smoke_requests)]
    for probe in told:
        if probe.problem:
            raise FailedError(f"at the gate: {probe.problem}")
        if probe.digest != candidate.version.digest:
            raise FailedError(
                f"at the gate: {probe.digest or 'nobody'} answers for {candidate.version.digest}"
            )
        if said := candidate.processes.ended(probe):
            raise FailedError(f"at the gate: {said}")
    seconds = sorted(probe.seconds for probe in told)[-1 - len(told) // 20]
    smoke = Traffic(requests=len(told), errors=0, p95_seconds=seconds)
    if said := slow(smoke, policy, None):
        raise FailedError(f"at the gate: {said}")
    alarms = parts.metrics.alarms()
    if alarms:
        raise FailedError(f"at the gate: in alarm before it began: {', '.join(alarms)}")
    parts.tell(
        f"gate: {targets.healthy} pods of {candidate.slot} are healthy,"
        f" {len(told)} requests in p95 {seconds * 1000:.0f} ms"
    )
    return told[-1].level


def baseline(live: Slot, parts: Parts) -> float | None:
    """The live version's p95 in seconds before the candidate gets a request."""
    since = parts.clock.now() - timedelta(seconds=BASELINE_SECONDS)
    return parts.metrics.traffic(live, since).p95_seconds


def move(weights: Weights, way: Way) -> None:
    """Change the weights, and read them back until they are live; raises `FailedError`."""
    way.router.move(weights)
    until = way.clock.now() + timedelta(seconds=READ_BACK_SECONDS)
    while way.router.weights() != weights:
        if way.clock.now() > until:
            raise FailedError(
                f"the load balancer does not say the weights it was told {READ_BACK_SECONDS:.0f} s"
                " ago"
            )
        way.clock.sleep(PAUSE_SECONDS)


def watch(candidate: Candidate, step: Step, parts: Parts, policy: Policy) -> None:
    """Look at the candidate for the length of a step.

    No data is never a pass: without metrics it is looked at longer, and fails in the end.
    Raises `FailedError`.
    """
    start = parts.clock.now()
    asked: list[str] = []
    while True:
        _ask_until_the_next_look(candidate, step.name, asked, parts, policy)
        if parts.router.weights() != step.weights:
            raise FailedError(f"{step.name}: somebody else moved the weights")
        look = Look(
            traffic=parts.metrics.traffic(candidate.slot, start),
            targets=parts.router.targets(candidate.slot),
            alarms=parts.metrics.alarms(),
        )
        if said := problem(look, policy, step.baseline_seconds):
            raise FailedError(f"{step.name}: {said}")
        gone = (parts.clock.now() - start).total_seconds()
        live = parts.metrics.traffic(other(candidate.slot), start)
        parts.tell(
            f"{step.name} for {gone:.0f} s: {_said(candidate.slot, look.traffic, gone)};"
            f" {_said(other(candidate.slot), live, gone)}"
        )
        if gone >= step.seconds and look.traffic.requests:
            return
        if gone >= step.seconds * policy.patience:
            raise FailedError(f"{step.name}: no metrics of the candidate within {gone:.0f} s")


def _ask_until_the_next_look(
    candidate: Candidate, name: str, asked: list[str], parts: Parts, policy: Policy
) -> None:
    """Requests of the release's own, quicker than any metric."""
    until = parts.clock.now() + timedelta(seconds=policy.look_seconds)
    while parts.clock.now() < until:
        probe = parts.probes.ask(candidate.slot)
        asked.append(probe.problem)
        del asked[:-LAST_PROBES]
        if said := sudden_problem(asked) or candidate.processes.ended(probe):
            raise FailedError(f"{name}: {said}")
        parts.clock.sleep(policy.probe_seconds)


def _wait_until_healthy(candidate: Candidate, parts: Parts, policy: Policy) -> Targets:
    until = parts.clock.now() + timedelta(seconds=policy.ready_seconds)
    while True:
        targets = parts.router.targets(candidate.slot)
        if targets.healthy >= policy.pods and not targets.starting and not targets.unhealthy:
            return targets
        if parts.clock.now() > until:
            raise FailedError(
                f"at the gate: {targets.healthy} of {policy.pods} pods are healthy,"
                f" {targets.starting} starting and {targets.unhealthy} unhealthy after"
                f" {policy.ready_seconds:.0f} s"
            )
        parts.clock.sleep(PAUSE_SECONDS)


def _said(slot: Slot, traffic: Traffic, seconds: float) -> str:
    p95 = traffic.p95_seconds
    slowest = "-" if p95 is None else f"{p95 * 1000:.0f} ms"
    rate = traffic.requests / max(seconds, 1.0)
    return f"{slot} {rate:.0f} req/s, {traffic.errors} errors, p95 {slowest}"
