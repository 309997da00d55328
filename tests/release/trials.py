"""Releases to try: one version in blue, its successor in green, and what becomes of both."""

from collections.abc import Callable
from typing import Any

import pytest

from release.drive import ReleaseError, release
from release.plan import Plan
from tests.release.world import POLICY, ROUTE, V1, V2, World, serving, to_green, with_live

PLAN = to_green(V2, V1)
ALL_BLUE, ALL_GREEN = {"blue": 100, "green": 0}, {"blue": 0, "green": 100}


def two(**more: Any) -> World:
    """V1 serves in blue, V2's pods stand in green."""
    return with_live(V1, running={"blue": V1, "green": V2}, **more)


def moves(world: World) -> list[str]:
    """What becomes of the weights from now on, in order."""
    seen: list[str] = []
    world.on_event = lambda event: seen.append(event) if event.startswith("move") else None
    return seen


def failed(world: World, plan: Plan = PLAN) -> str:
    """The reason in the ledger of a release that was rolled back."""
    with pytest.raises(ReleaseError, match="was rolled back"):
        release(plan, ROUTE, world.parts, POLICY)
    assert world.weights == ALL_BLUE
    assert world.ledger.live == serving("blue", V1)
    assert world.ledger.underway is None
    assert world.ledger.failed is not None
    assert world.ledger.failed.version == plan.version
    return world.ledger.failed.reason


def at(share: int, change: Callable[[World], None]) -> World:
    """A world that changes when the candidate gets its share."""
    world = two()

    def on_event(event: str) -> None:
        if event.startswith("look") and (world.weights or {}).get("green") == share:
            change(world)

    world.on_event = on_event
    return world
