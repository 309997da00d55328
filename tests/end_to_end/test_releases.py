"""Releases under load, good and bad, killed and gone on with: what users meet, what serves then."""

import pytest

from tests.bench.rehearsal import Row, rehearse
from tests.bench.scenarios import ROLLED_BACK, SCENARIOS
from tests.bench.variants import build_variant
from tests.end_to_end import releasing
from tests.end_to_end.killing import whole
from tests.end_to_end.releasing import MOMENTS
from tests.end_to_end.running_stack import RunningStack
from tests.end_to_end.test_heals import is_kept, post
from tests.end_to_end.test_http import send
from tests.end_to_end.waiting import until
from tests.reliability import Record

pytestmark = pytest.mark.end_to_end

WHOLE_SECONDS = 120
STEADY_SECONDS = 3.0
"""Long enough for requests to be under way; whoever measures takes more."""
FAILED_PERCENT = 0.2
KILLED_IN_CI, RARE = "50 %", [pytest.mark.full]


def rehearsed(stack: RunningStack, name: str) -> Row:
    assert until(lambda: whole(stack), bool, seconds=WHOLE_SECONDS)
    return rehearse(stack, name, SCENARIOS[name].scenario, steady_seconds=STEADY_SECONDS)


def serving_release(stack: RunningStack) -> str:
    return str(send(stack, f"{stack.load_balancer}/health").json()["release"])


def test_a_good_release_fails_no_request(stack: RunningStack) -> None:
    row = rehearsed(stack, "good")

    assert (row.exit_code, row.serves, row.failed) == (0, "new", 0), row
    assert row.requests >= 3000
    assert row.highest_weight == 100


@pytest.mark.fault("release", "the new version answers one of five users with an error")
def test_a_release_that_fails_for_its_users_is_rolled_back(
    stack: RunningStack, record_property: Record
) -> None:
    row = rehearsed(stack, "20 % errors")

    assert (row.exit_code, row.serves) == (ROLLED_BACK, "old"), row
    assert row.failed_percent <= FAILED_PERCENT, row
    record_property("seen", f"rolled back at {row.highest_weight} % of the requests, exit code 7")
    record_property("lost", f"at most {FAILED_PERCENT} % of the requests")


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(
            moment,
            marks=[
                pytest.mark.fault("release", f"kill -9 of the command and the engine: {moment}"),
                *([] if moment == KILLED_IN_CI else RARE),
            ],
        )
        for moment in MOMENTS
    ],
)
def test_a_release_whose_driver_was_killed_is_gone_on_with_and_fails_no_request(
    stack: RunningStack, record_property: Record, moment: str
) -> None:
    row = rehearsed(stack, f"driver killed: {moment}")

    assert (row.exit_code, row.serves, row.failed) == (0, "new", 0), row
    record_property("seen", "stackyard release resume finished it; no request failed")


@pytest.mark.full
@pytest.mark.fault("release", "the new version is half a second slower")
def test_a_release_that_is_slower_is_rolled_back_and_fails_no_request(
    stack: RunningStack, record_property: Record
) -> None:
    row = rehearsed(stack, "500 ms slower")

    assert (row.exit_code, row.serves, row.failed) == (ROLLED_BACK, "old", 0), row
    record_property("seen", f"rolled back at {row.highest_weight} % of the requests, exit code 7")


@pytest.mark.full
@pytest.mark.fault("release", "the new version's health check fails")
def test_a_release_that_is_not_healthy_gets_no_request(
    stack: RunningStack, record_property: Record
) -> None:
    row = rehearsed(stack, "health check fails")

    assert (row.exit_code, row.serves, row.failed) == (ROLLED_BACK, "old", 0), row
    assert (row.candidate_answers, row.highest_weight) == (0, 0)
    record_property("seen", "no request reached it; exit code 7")


@pytest.mark.full
@pytest.mark.fault("release", "the new version's processes die one by one in the bake")
def test_a_release_that_crashes_in_the_bake_is_rolled_back(
    stack: RunningStack, record_property: Record
) -> None:
    row = rehearsed(stack, "crashes in the bake")

    assert (row.exit_code, row.serves) == (ROLLED_BACK, "old"), row
    assert row.highest_weight == 100
    assert row.failed_percent <= FAILED_PERCENT, row
    record_property("seen", "rolled back from 100 % of the requests, exit code 7")
    record_property("lost", f"at most {FAILED_PERCENT} % of the requests")


@pytest.mark.full
@pytest.mark.fault("release", "a migration drops a column that the serving version reads")
def test_a_refused_migration_ends_the_release_before_a_pod_of_it_starts(
    stack: RunningStack, record_property: Record
) -> None:
    title = post(stack)

    row = rehearsed(stack, "bad migration")

    assert (row.exit_code, row.serves, row.failed) == (ROLLED_BACK, "old", 0), row
    assert row.candidate_answers == 0
    assert is_kept(stack, title)
    record_property("seen", "refused before the new pods; the data is as it was; exit code 7")


@pytest.mark.full
@pytest.mark.fault("release", "kill -9 of the command and the engine at 10 %, then abort")
def test_an_abort_gives_all_requests_back_to_the_version_before(
    stack: RunningStack, record_property: Record
) -> None:
    before = serving_release(stack)
    releasing.release_killed_at(stack, build_variant(stack.layout, "good"), "10 %")

    ended = releasing.abort(stack)

    assert ended.exit_code == 0, ended.said
    assert serving_release(stack) == before
    record_property("seen", "all requests were back at the version before")


@pytest.mark.full
def test_a_rollback_brings_the_version_before_back(stack: RunningStack) -> None:
    before = serving_release(stack)
    released = releasing.release(stack, build_variant(stack.layout, "good"))
    assert released.exit_code == 0, released.said

    ended = releasing.rollback(stack)

    assert ended.exit_code == 0, ended.said
    assert serving_release(stack) == before


def test_up_after_releases_comes_to_the_image_of_the_checkout(stack: RunningStack) -> None:
    up = stack.stackyard("local", "up")

    assert up.returncode == 0, up.stderr
    assert serving_release(stack) == str(stack.outputs["app"]["image"]).partition("@")[2]
