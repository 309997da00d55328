"""A release on a world in memory that goes well, and the gate before any request."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from release.drive import ReleaseError, release
from release.parts import Targets
from release.plan import Ledger, plan_release
from tests.release.trials import ALL_GREEN, PLAN, failed, moves, two
from tests.release.world import POLICY, ROUTE, V1, V2, V3, World, serving, with_live


def test_requests_come_in_three_shares() -> None:
    world = two()
    seen = moves(world)

    release(PLAN, ROUTE, world.parts, POLICY)

    assert seen == [f"move {{'green': {share}, 'blue': {100 - share}}}" for share in (10, 50, 100)]
    assert world.weights == ALL_GREEN


def test_the_ledger_then_names_the_new_version_and_the_one_before() -> None:
    world = two()

    release(PLAN, ROUTE, world.parts, POLICY)

    live = world.ledger.live
    assert live is not None
    assert (live.slot, live.version, live.level, live.floor) == ("green", V2, 3, 2)
    assert world.ledger.previous == serving("blue", V1)
    assert world.ledger.underway is None
    assert world.ledger.route == ROUTE


def test_each_share_and_the_bake_are_watched_for_their_time() -> None:
    world = two()
    start = world.time

    release(PLAN, ROUTE, world.parts, POLICY)

    assert (world.time - start).total_seconds() == pytest.approx(3 * 6 + 12, abs=3)


def test_whoever_watches_is_told_of_both_slots() -> None:
    world = two()

    release(PLAN, ROUTE, world.parts, POLICY)

    assert world.told[0] == "gate: 2 pods of green are healthy, 20 requests in p95 10 ms"
    assert (
        "green 10 % for 6 s: green 10 req/s, 0 errors, p95 20 ms;"
        " blue 90 req/s, 0 errors, p95 20 ms" in world.told
    )
    assert world.told[-1] == f"green serves {V2.digest}"


def test_the_first_deployment_has_a_gate_and_nothing_to_shift() -> None:
    world = World(running={"blue": V1})
    seen = moves(world)

    release(plan_release(V1, Ledger()), ROUTE, world.parts, POLICY)

    assert seen == []
    assert world.ledger.live is not None
    assert world.ledger.live.version == V1


def test_a_first_deployment_that_fails_is_tried_again() -> None:
    world = World(running={"blue": V1}, down={V1.id})

    with pytest.raises(ReleaseError, match="nothing serves yet"):
        release(plan_release(V1, Ledger()), ROUTE, world.parts, POLICY)

    assert plan_release(V1, world.ledger).refused is None


def test_a_version_that_is_live_already_asks_and_moves_nothing() -> None:
    world = with_live(V1)
    seen: list[str] = []
    world.on_event = seen.append

    release(plan_release(V1, world.ledger), ROUTE, world.parts, POLICY)

    assert seen == []


def test_the_version_before_comes_back_in_one_step() -> None:
    world = two()
    seen = moves(world)

    release(replace(PLAN, returns=True), ROUTE, world.parts, POLICY)

    assert seen == ["move {'green': 100, 'blue': 0}"]


@pytest.mark.parametrize(("share", "left"), [(10, [50, 100]), (50, [100]), (100, [])])
def test_a_killed_release_goes_on_from_its_share(share: int, left: list[int]) -> None:
    world = two(weights={"blue": 100 - share, "green": share})
    seen = moves(world)

    release(PLAN, ROUTE, world.parts, POLICY)

    assert seen == [f"move {{'green': {each}, 'blue': {100 - each}}}" for each in left]
    assert world.ledger.live is not None
    assert world.ledger.live.version == V2


def test_weights_that_nobody_would_step_on_are_brought_to_the_next_share() -> None:
    world = two(weights={"blue": 80, "green": 20})
    seen = moves(world)

    release(PLAN, ROUTE, world.parts, POLICY)

    assert seen[0] == "move {'green': 50, 'blue': 50}"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"unhealthy": {"green"}}, "at the gate: 0 of 2 pods are healthy, 0 starting and 2 unh"),
        ({"running": {"blue": V1}}, "at the gate: 0 of 2 pods are healthy, 0 starting and 0 unh"),
        ({"running": {"blue": V1, "green": V3}}, f"at the gate: {V3.digest} answers for"),
        ({"down": {V2.id}}, "at the gate: /health answers 502"),
        ({"probe_seconds": {V2.id: 0.6}}, "at the gate: p95 is 600 ms, more than 500 ms"),
        ({"alarmed": ["errors"]}, "at the gate: in alarm before it began: errors"),
    ],
)
def test_who_does_not_pass_the_gate_gets_no_request(more: dict[str, Any], said: str) -> None:
    world = with_live(V1, **{"running": {"blue": V1, "green": V2}, **more})
    seen = moves(world)

    reason = failed(world)

    assert reason.startswith(said)
    assert seen == []


class Restless(dict[str, str]):
    """A process that began just now, whenever it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self._times = count(1)

    def get(self, *_: object) -> str:
        return f"10:{next(self._times):02}"


def test_a_process_that_ends_at_the_gate_gets_no_request() -> None:
    world = two()
    world.began = Restless()
    seen = moves(world)

    assert failed(world).startswith("at the gate: the process of pod 1a2b ended")
    assert seen == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"errors": {V2.id: 0.2}}, "requests failed, more than 1 %"),
        ({"seconds": {V2.id: 0.2}}, "p95 is 200 ms, the live version's 20 ms"),
        ({"silent": True}, "green 10 %: no metrics of the candidate within 18 s"),
    ],
)
def test_a_candidate_that_users_would_notice_is_rolled_back_at_ten_percent(
    more: dict[str, Any], said: str
) -> None:
    world = two(**more)
    seen = moves(world)

    reason = failed(world)

    assert said in reason
    assert seen == ["move {'green': 10, 'blue': 90}", "move {'blue': 100, 'green': 0}"]


def test_pods_that_still_start_are_waited_for() -> None:
    world = two()
    counted = [Targets(healthy=1, starting=1, unhealthy=0)] * 3
    world.targets["green"] = counted

    release(PLAN, ROUTE, world.parts, POLICY)

    assert counted == []
    assert world.weights == ALL_GREEN
