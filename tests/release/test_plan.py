"""What an update does about the version that serves."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from release.plan import Failure, Ledger, Plan, Version, plan_release
from stacks.slots import SLOTS
from tests.release.world import V1, V2, V3, serving

LIVE = Ledger(live=serving("blue", V1, level=4))
FAILED = Failure(version=V2, reason="too many errors", at="2026-01-02")

versions = st.sampled_from([V1, V2, V3])
servings = st.builds(serving, st.sampled_from(SLOTS), versions, level=st.integers(0, 9))
ledgers = st.builds(
    Ledger,
    live=st.none() | servings,
    previous=st.none() | servings,
    failed=st.none() | st.builds(Failure, version=versions, reason=st.just("r"), at=st.just("t")),
)


def test_the_first_version_comes_to_blue_and_nothing_serves_before_it() -> None:
    assert plan_release(V1, Ledger()) == Plan(
        number=1, slot="blue", version=V1, live=None, floor=None
    )


def test_a_version_that_is_live_stays_where_it_is() -> None:
    plan = plan_release(V1, LIVE)

    assert (plan.slot, plan.version, plan.releases) == ("blue", V1, False)


def test_another_version_comes_to_the_other_slot() -> None:
    plan = plan_release(V2, LIVE)

    assert (plan.slot, plan.version, plan.releases) == ("green", V2, True)


def test_its_migration_stays_good_for_the_level_of_the_live_version() -> None:
    assert plan_release(V2, LIVE).floor == 4


def test_a_live_version_that_names_no_level_is_trusted_with_no_contract() -> None:
    nameless = Ledger(live=replace(serving("blue", V1), level=None))

    assert plan_release(V2, nameless).floor == 0


def test_the_floor_of_a_version_that_is_live_does_not_change() -> None:
    live = replace(serving("blue", V1, level=5), floor=3)

    assert plan_release(V1, Ledger(live=live)).floor == 3


def test_what_was_rolled_back_is_not_tried_again_and_the_live_version_stays() -> None:
    plan = plan_release(V2, replace(LIVE, failed=FAILED))

    assert (plan.slot, plan.version, plan.releases, plan.refused) == ("blue", V1, False, FAILED)


def test_it_is_tried_again_when_that_is_asked_for() -> None:
    plan = plan_release(V2, replace(LIVE, failed=FAILED), retry=True)

    assert (plan.slot, plan.version, plan.refused) == ("green", V2, None)


def test_releases_are_numbered_and_what_stays_keeps_its_number() -> None:
    numbered = Ledger(live=serving("blue", V1, number=7))

    assert plan_release(V1, numbered).number == 7
    assert plan_release(V2, replace(numbered, failed=FAILED)).number == 7
    assert plan_release(V2, numbered).number == 8


def test_a_third_version_is_released_whatever_became_of_the_second() -> None:
    assert plan_release(V3, replace(LIVE, failed=FAILED)).version == V3


def test_the_version_before_the_live_one_returns() -> None:
    ledger = replace(LIVE, previous=serving("green", V2))

    assert plan_release(V2, ledger).returns
    assert not plan_release(V3, ledger).returns


@given(versions, ledgers, st.booleans())
def test_no_version_comes_to_the_slot_of_another_that_is_live(
    wanted: Version, ledger: Ledger, retry: bool
) -> None:
    plan = plan_release(wanted, ledger, retry=retry)

    assert (
        ledger.live is None
        or plan.version.id == ledger.live.version.id
        or plan.slot != ledger.live.slot
    )


@given(versions, ledgers)
def test_nothing_is_refused_that_is_to_be_tried_again(wanted: Version, ledger: Ledger) -> None:
    plan = plan_release(wanted, ledger, retry=True)

    assert plan.refused is None
    assert plan.version == wanted
