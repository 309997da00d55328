"""A release inside an update: the program's own rule, ledger and hook on the real engine."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from components._traffic import RELEASE_TAG
from tests.engine.release_rig import RULE, ReleaseRig, release_rig, version
from tests.engine.rig import EngineError
from tests.release.world import serving

pytestmark = pytest.mark.engine

V1, V2 = version("1"), version("2")
ALL_BLUE, ALL_GREEN = {"blue": 100, "green": 0}, {"blue": 0, "green": 100}


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A stack whose second version was rolled back, and what the engine said."""

    rig: ReleaseRig
    error: EngineError


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ReleaseRig]:
    with release_rig(tmp_path) as rig:
        yield rig


@pytest.fixture
def served(rig: ReleaseRig) -> ReleaseRig:
    """The first version serves in blue."""
    rig.up("1")
    return rig


@pytest.fixture
def passed(served: ReleaseRig) -> ReleaseRig:
    """The second version serves in green."""
    served.up("2")
    return served


@pytest.fixture
def failed(served: ReleaseRig) -> Failed:
    """The second version was rolled back."""
    return Failed(rig=served, error=fail(served))


def fail(rig: ReleaseRig) -> EngineError:
    """An update to a second version that answers every second request with a 5xx."""
    rig.world.errors[V2.id] = 0.5
    with pytest.raises(EngineError, match="was rolled back") as failed:
        rig.up("2")
    return failed.value


def leave_at(rig: ReleaseRig, percent: int) -> None:
    """What a driver leaves that was killed in a release of the second version."""
    rig.world.running["green"] = V2
    rig.leave_at(percent, "2")


def test_the_first_version_passes_the_gate_before_the_rule_is_made(rig: ReleaseRig) -> None:
    rig.up("1")

    created = [each.name for each in rig.rig.faults.log if each.verb == "create"]
    assert (rig.hooks, created[-1]) == (1, RULE)
    assert rig.said[0] == "gate: 2 pods of blue are healthy, 20 requests in p95 10 ms"


def test_a_first_version_that_does_not_pass_the_gate_leaves_no_rule(rig: ReleaseRig) -> None:
    rig.world.down.add(V1.id)

    with pytest.raises(EngineError, match="at the gate: /health answers 502"):
        rig.up("1")

    assert RULE not in rig.rig.resources()
    assert rig.weights is None


def test_a_version_that_passes_has_all_requests_in_aws_and_in_the_state(
    passed: ReleaseRig,
) -> None:
    weights = passed.weights, passed.weights_in_state

    assert weights == (ALL_GREEN, ALL_GREEN)


def test_a_version_that_passes_is_the_ledgers_live_one(passed: ReleaseRig) -> None:
    ledger = passed.store.read()

    assert ledger.live is not None
    assert ledger.previous is not None
    assert (ledger.live.version, ledger.previous.version) == (V2, V1)
    assert (ledger.underway, ledger.failed) == (None, None)


def test_requests_move_step_by_step(passed: ReleaseRig) -> None:
    moved = passed.moved

    assert moved == [10, 50, 100]


def test_the_old_slots_pods_go_last(passed: ReleaseRig) -> None:
    verbs = passed.rig.faults.verbs()

    assert passed.pods == ["green"]
    assert verbs[-2:] == ["update", "delete"]


def test_what_a_release_says_stands_in_the_events_in_order(passed: ReleaseRig) -> None:
    told = [line.partition(" for ")[0] for line in passed.said]

    assert list(dict.fromkeys(told)) == [
        "gate: 2 pods of green are healthy, 20 requests in p95 10 ms",
        "green 10 %",
        "green 50 %",
        "green 100 %",
        "green 100 %, bake",
        f"green serves {V2.digest}",
    ]


def test_a_ledger_that_a_release_wrote_is_no_drift(passed: ReleaseRig) -> None:
    changes = passed.preview("2", refresh=True)

    assert changes == {}


def test_a_version_that_fails_ends_the_update_with_its_reason(failed: Failed) -> None:
    said = str(failed.error)

    assert failed.error.exit_code == 1
    assert f'{RULE}: before hook "release" failed: {V2.digest} was rolled back' in said
    assert "; green 10 %: " in said
    assert f"requests failed, more than 1 %. blue serves {V1.digest} as before\n" in said


def test_a_version_that_fails_leaves_requests_and_state_as_they_were(failed: Failed) -> None:
    weights = failed.rig.weights, failed.rig.weights_in_state

    assert failed.rig.moved == [10, 0]
    assert weights == (ALL_BLUE, ALL_BLUE)


def test_a_version_that_fails_leaves_the_old_slots_pods(failed: Failed) -> None:
    pods = failed.rig.pods

    assert pods == ["blue", "green"]
    assert failed.rig.rig.faults.verbs().count("delete") == 0


def test_the_same_update_again_does_not_try_the_failed_version(served: ReleaseRig) -> None:
    fail(served)

    served.up("2")

    assert served.said[0].startswith(f"{V2.digest} is not tried again: it was rolled back at ")
    assert (served.hooks, served.weights, served.pods) == (2, ALL_BLUE, ["blue"])


def test_the_same_update_again_judges_the_failed_version_where_retry_is_set(
    served: ReleaseRig,
) -> None:
    fail(served)

    with pytest.raises(EngineError, match=f"{V2.digest} was rolled back"):
        served.up("2", retry=True)

    assert (served.hooks, served.moved) == (3, [10, 0, 10, 0])


def test_a_failed_version_that_got_well_is_released_where_retry_is_set(
    served: ReleaseRig,
) -> None:
    fail(served)
    served.world.errors.clear()

    served.up("2", retry=True)

    assert (served.weights_in_state, served.pods) == (ALL_GREEN, ["green"])


@pytest.mark.parametrize("percent", [10, 50, 100])
def test_a_killed_release_is_finished_by_the_next_update(served: ReleaseRig, percent: int) -> None:
    leave_at(served, percent)

    served.up("2")

    # What was begun is watched again from its own share on.
    assert served.moved == [each for each in (50, 100) if each > percent]
    assert (served.weights, served.weights_in_state) == (ALL_GREEN, ALL_GREEN)


@pytest.mark.parametrize("percent", [50, 100])
def test_a_killed_release_is_finished_though_a_refresh_took_its_weights_into_the_state(
    served: ReleaseRig, percent: int
) -> None:
    leave_at(served, percent)
    served.rig.refresh()

    served.up("2")

    live = served.store.read().live
    assert live is not None
    assert (live.version, served.hooks) == (V2, 2)
    assert (served.weights, served.pods) == (ALL_GREEN, ["green"])


def test_a_rule_that_has_all_but_its_tag_moves_no_request(served: ReleaseRig) -> None:
    leave_at(served, 100)
    # Killed after the ledger was written: only the engine's own update is still to come.
    ledger = replace(served.store.read(), live=serving("green", V2, number=2), underway=None)
    served.store.write(ledger)
    served.rig.refresh()

    served.up("2")

    assert (served.hooks, served.moved, served.weights) == (2, [], ALL_GREEN)
    assert served.rig.resources()[RULE]["outputs"]["tags"] == {RELEASE_TAG: "2"}


def test_a_killed_release_of_what_is_no_more_wanted_is_given_back_first(
    served: ReleaseRig,
) -> None:
    leave_at(served, 50)

    served.up("1")

    assert (served.moved, served.said) == ([0], ["all requests are back at blue"])
    assert (served.weights, served.weights_in_state) == (ALL_BLUE, ALL_BLUE)


def test_a_preview_of_a_release_asks_and_moves_nothing(served: ReleaseRig) -> None:
    leave_at(served, 50)

    served.preview("2")

    assert (served.hooks, served.moved) == (1, [])


@pytest.mark.parametrize("refreshed", [False, True])
def test_no_update_writes_over_the_ledger(served: ReleaseRig, *, refreshed: bool) -> None:
    before = served.store.read()
    if refreshed:
        served.rig.refresh()

    served.up("1")

    assert served.store.read() == before
    assert served.rig.faults.verbs("ssm/parameter") == ["create"]
