"""Targets in HAProxy's server slots: who enters, drains and leaves, and who is healthy; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from stackyard.local.balancer import HealthCheck

TargetState = Literal["initial", "healthy", "unhealthy", "draining"]

REASONS: Mapping[TargetState, str] = {
    "initial": "Elb.InitialHealthChecking",
    "healthy": "",
    "unhealthy": "Target.FailedHealthChecks",
    "draining": "Target.DeregistrationInProgress",
}
"""ELB's reason code for each state (TargetHealth in its API reference)."""

SLOT_STEP = 20


@dataclass(frozen=True, kw_only=True)
class Slot:
    """One of a backend's servers while a target holds it. Times are of the monotonic clock."""

    number: int
    address: str
    port: int
    since: float
    """When the target entered."""
    state: TargetState = "initial"
    leaves_at: float = 0.0
    """When a draining target is let go."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to tell HAProxy about a slot."""

    action: Literal["enter", "drain", "leave"]
    slot: Slot


def next_slots(
    slots: Mapping[str, Slot],
    wanted: Mapping[str, int],
    *,
    now: float,
    deregistration_seconds: float,
) -> tuple[dict[str, Slot], list[Step]]:
    """The slots by target address after this moment, and the steps there.

    `wanted` gives the port of every target that should serve. One that is no longer wanted drains
    for the deregistration delay; one that is wanted again while it drains starts anew, in its slot.
    """
    after: dict[str, Slot] = {}
    steps: list[Step] = []
    for address, slot in slots.items():
        if wanted.get(address) == slot.port and slot.state != "draining":
            after[address] = slot
        elif address in wanted:
            port = wanted[address]
            after[address] = replace(slot, port=port, since=now, state="initial", leaves_at=0.0)
            steps.append(Step(action="enter", slot=after[address]))
        elif slot.state != "draining":
            leaves_at = now + deregistration_seconds
            after[address] = replace(slot, state="draining", leaves_at=leaves_at)
            steps.append(Step(action="drain", slot=after[address]))
        elif now < slot.leaves_at:
            after[address] = slot
        else:
            steps.append(Step(action="leave", slot=slot))
    free = _free_numbers(after.values())
    for address, port in wanted.items():
        if address not in slots:
            after[address] = Slot(number=next(free), address=address, port=port, since=now)
            steps.append(Step(action="enter", slot=after[address]))
    return after, steps


def slot_count(slots: Iterable[Slot]) -> int:
    """How many server slots a backend needs, in steps so that few growths mean a reload."""
    highest = max((slot.number for slot in slots), default=0)
    return SLOT_STEP * max(1, math.ceil(highest / SLOT_STEP))


def target_state(
    slot: Slot, server_status: str, *, passed: bool, now: float, check: HealthCheck
) -> TargetState:
    """ELB's state of a target; `server_status` is HAProxy's word, `UP`, `UP 1/2`, `DOWN`, ….

    A new target is healthy after the first check it has `passed`, an unhealthy one only when
    HAProxy has counted `healthy_threshold` of them; a new one that never passes is unhealthy after
    `unhealthy_threshold` ("Health checks for Application Load Balancer target groups").
    """
    if slot.state == "draining":
        return "draining"
    if slot.state == "initial":
        longest = check.unhealthy_threshold * check.interval_seconds
        return "healthy" if passed else "initial" if now - slot.since < longest else "unhealthy"
    return "healthy" if server_status.startswith("UP") else "unhealthy"


def passes(statuses: str, status: int) -> bool:
    """Whether an HTTP status is one of ELB's matcher: `200`, `200,204`, `200-299`."""
    for part in statuses.split(","):
        lowest, _, highest = part.strip().partition("-")
        if int(lowest) <= status <= int(highest or lowest):
            return True
    return False


def _free_numbers(taken: Iterable[Slot]) -> Iterator[int]:
    numbers = {slot.number for slot in taken}
    number = 1
    while True:
        if number not in numbers:
            yield number
        number += 1
