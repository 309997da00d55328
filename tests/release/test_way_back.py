"""Every way back: from any share, by hand, at the beginning of the next update."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from release.drive import REASON_LETTERS, ReleaseError, abort, give_back, release
from release.plan import Ledger, Underway, plan_release
from release.steps import share
from tests.release.trials import ALL_BLUE, PLAN, at, failed, two
from tests.release.world import POLICY, ROUTE, V1, V2, V3, World, with_live


@pytest.mark.parametrize("share", [10, 50, 100])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda world: world.down.add(V2.id), "/health answers 502"),
        (lambda world: world.unhealthy.add("green"), "2 of its pods are unhealthy"),
        (lambda world: world.alarmed.append("errors"), "in alarm: errors"),
        (lambda world: world.errors.update({V2.id: 0.5}), "requests failed"),
        (
            lambda world: world.began.update({V2.id: "10:05"}),
            "the process of pod 1a2b ended, and was started again at 10:05",
        ),
    ],
)
def test_a_candidate_that_turns_bad_is_rolled_back_from_any_share(
    share: int, change: Callable[[World], None], said: str
) -> None:
    world = at(share, change)
    world.began[V2.id] = "10:00"

    assert said in failed(world)


def test_a_candidate_may_crash_as_late_as_in_the_bake() -> None:
    world = two()
    world.on_event = lambda _: (
        world.down.add(V2.id) if any("bake" in line for line in world.told) else None
    )

    assert failed(world).startswith("green 100 %, bake: ")


def test_somebody_else_at_the_weights_ends_it() -> None:
    world = two()

    def on_event(event: str) -> None:
        if event.startswith("look") and world.weights == {"green": 50, "blue": 50}:
            world.weights = {"blue": 60, "green": 40}

    world.on_event = on_event

    assert failed(world) == "green 50 %: somebody else moved the weights"


def test_a_load_balancer_that_does_not_take_the_weights_ends_it() -> None:
    world = two()
    world.deaf = 1

    assert failed(world).startswith("the load balancer does not say the weights")


def test_any_fault_of_any_part_rolls_back() -> None:
    world = two()

    def on_event(event: str) -> None:
        if event.startswith("look") and world.weights == {"green": 50, "blue": 50}:
            raise OSError("no route to host")

    world.on_event = on_event

    assert failed(world) == "OSError('no route to host')"


def test_a_watched_alarm_that_is_not_there_is_no_pass() -> None:
    world = two(missing_alarm="release.alarms: there is no alarm errors")

    assert "there is no alarm errors" in failed(world)


def test_a_long_reason_is_cut_to_what_the_ledger_holds() -> None:
    world = two(missing_alarm="x" * 2000)

    assert len(failed(world)) == REASON_LETTERS


def test_the_way_back_is_not_taken_to_where_nobody_is() -> None:
    world = at(50, lambda world: world.unhealthy.update({"blue", "green"}))

    with pytest.raises(ReleaseError, match=r"requests stay where they are: no pod of blue"):
        release(PLAN, ROUTE, world.parts, POLICY)

    assert world.weights == {"green": 50, "blue": 50}


def test_a_way_back_that_the_load_balancer_does_not_take_is_told() -> None:
    world = at(50, lambda world: world.down.add(V2.id))
    world.deaf_to = share("blue", 100)

    with pytest.raises(ReleaseError, match="the way back to blue is not sure"):
        release(PLAN, ROUTE, world.parts, POLICY)


def test_an_update_to_another_version_first_gives_the_requests_back() -> None:
    underway = Underway(slot="green", version=V2, since="2026-01-01")
    world = two(weights={"blue": 50, "green": 50})
    ledger = replace(world.ledger, underway=underway)

    moved = give_back(plan_release(V3, ledger), ledger, world.parts)

    assert moved
    assert world.weights == ALL_BLUE


def test_an_update_to_the_version_under_way_goes_on_where_it_is() -> None:
    underway = Underway(slot="green", version=V2, since="2026-01-01")
    world = two(weights={"blue": 50, "green": 50})
    ledger = replace(world.ledger, underway=underway)

    assert not give_back(plan_release(V2, ledger), ledger, world.parts)
    assert world.weights == {"blue": 50, "green": 50}


def test_before_the_first_version_there_is_nothing_to_give_back() -> None:
    assert not give_back(plan_release(V1, Ledger()), Ledger(), World().parts)


def test_an_abort_gives_the_requests_back_and_notes_the_version() -> None:
    underway = Underway(slot="green", version=V2, since="2026-01-01")
    world = two(weights={"blue": 50, "green": 50})
    world.ledger = replace(world.ledger, underway=underway)

    failure = abort(world.parts.store, world.parts, "by hand")

    assert world.weights == ALL_BLUE
    assert failure is not None
    assert (failure.version, failure.reason) == (V2, "by hand")
    assert world.ledger == replace(with_live(V1).ledger, failed=failure)


def test_an_abort_of_nothing_changes_nothing() -> None:
    world = with_live(V1)

    assert abort(world.parts.store, world.parts, "by hand") is None
    assert (world.weights, world.ledger) == (ALL_BLUE, with_live(V1).ledger)


def test_an_abort_before_anything_serves_ends_the_first_release() -> None:
    underway = Underway(slot="blue", version=V1, since="2026-01-01")
    world = World(ledger=Ledger(underway=underway))

    failure = abort(world.parts.store, world.parts, "by hand")

    assert failure is not None
    assert world.ledger.underway is None
