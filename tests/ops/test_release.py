"""What `stackyard release` and `rollback` do round an update, and how each of them ends."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from release.plan import Failure, Ledger, Underway, Version
from stackyard.errors import (
    LockedError,
    ReleaseFailedError,
    SettingsFaultError,
    StackyardError,
    StateFaultError,
)
from stackyard.ops import release as ops
from stackyard.progress import Progress
from tests.ops.release_stack import STACK, THROTTLED, ReleaseStack, release_stack, write_stack_file
from tests.release.world import ROUTE, V1, V2, V3, World, serving, with_live

QUIET = Progress(quiet=True)
UNDER_WAY = Underway(slot="green", version=V2, since="2026-11-28")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[ReleaseStack]:
    with release_stack(tmp_path) as made:
        yield made


def serve(stack: ReleaseStack, version: Version) -> None:
    """The next update brings that version to all requests."""

    def pass_() -> None:
        live = serving("green", version)
        stack.world.ledger = Ledger(live=live, previous=stack.world.ledger.live, route=ROUTE)
        stack.world.weights = {"blue": 0, "green": 100}

    stack.outcome = pass_


def release(stack: ReleaseStack, image: str) -> Ledger:
    return ops.release(stack.root, STACK, image, QUIET)


def test_a_release_writes_the_image_and_gives_the_ledger_afterwards(stack: ReleaseStack) -> None:
    serve(stack, V2)

    ledger = release(stack, V2.image)

    assert ledger.live is not None
    assert (ledger.live.version, stack.image, stack.done) == (V2, V2.image, ["up"])


@pytest.mark.parametrize(
    "image",
    [
        "registry.example.com/api:v2",
        "registry.example.com/api",
        f"sha256:{'2' * 64}",
        f"api@sha256:{'2' * 63}",
        f"api@sha256:{'G' * 64}",
        "",
    ],
)
def test_an_image_that_is_not_by_digest_is_refused_before_anything_is_written(
    stack: ReleaseStack, image: str
) -> None:
    with pytest.raises(SettingsFaultError, match="is no image by digest") as caught:
        release(stack, image)

    assert caught.value.exit_code == 2
    assert (stack.image, stack.done) == (V1.image, [])


def test_a_release_that_failed_is_passed_on_with_code_7(stack: ReleaseStack) -> None:
    stack.fails(ReleaseFailedError("release failed: too many errors"))

    with pytest.raises(ReleaseFailedError, match=r"^release failed: too many errors$") as caught:
        release(stack, V2.image)

    assert caught.value.exit_code == 7


def test_an_engine_that_failed_while_the_old_version_serves_ends_with_code_7(
    stack: ReleaseStack,
) -> None:
    stack.fails(StackyardError("api-green: ErrImagePull"))

    with pytest.raises(ReleaseFailedError, match=r"^api-green: ErrImagePull\nThe version before"):
        release(stack, V2.image)


@pytest.mark.parametrize(
    "world",
    [
        World(),
        World(ledger=Ledger(route=ROUTE), weights={"blue": 100, "green": 0}),
        with_live(V1, weights=None),
        with_live(V1, weights={"blue": 50, "green": 50}),
    ],
    ids=["nothing yet", "nothing good yet", "no rule", "between the slots"],
)
def test_an_engine_that_failed_while_nobody_knows_what_serves_ends_with_code_1(
    stack: ReleaseStack, world: World
) -> None:
    stack.world = world
    stack.fails(StackyardError("db: no room"))

    with pytest.raises(StackyardError, match=r"^db: no room$") as caught:
        release(stack, V2.image)

    assert caught.value.exit_code == 1


def test_the_engines_failure_is_told_where_aws_cannot_be_asked_what_serves(
    stack: ReleaseStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.fails(StackyardError("db: no room"))

    def throttled(*_: object) -> None:
        raise THROTTLED

    monkeypatch.setattr(ops, "router_of", throttled)

    with pytest.raises(StackyardError, match=r"^db: no room$") as caught:
        release(stack, V2.image)

    assert caught.value.exit_code == 1


@pytest.mark.parametrize("fault", [LockedError("locked"), StateFaultError("pending")])
def test_a_failure_with_a_code_of_its_own_keeps_it(
    stack: ReleaseStack, fault: StackyardError
) -> None:
    stack.fails(fault)

    with pytest.raises(type(fault), match=str(fault)):
        release(stack, V2.image)


def test_a_version_that_was_rolled_back_and_is_not_tried_again_ends_with_code_7(
    stack: ReleaseStack,
) -> None:
    failed = Failure(version=V2, reason="in alarm: errors", at="2026-11-28")
    stack.world.ledger = replace(stack.world.ledger, failed=failed)

    with pytest.raises(ReleaseFailedError, match="is not tried again") as caught:
        release(stack, V2.image)

    assert str(caught.value).splitlines() == [
        f"{V2.image} is not tried again: it was rolled back; in alarm: errors",
        "Release another image, or set release.retry in the stack file to try this one again.",
    ]


def test_the_region_is_the_one_of_the_file_that_the_engine_reads(
    stack: ReleaseStack, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    write_stack_file(other, V1.image)
    other.write_text(other.read_text().replace("us-east-1", "eu-west-1"))
    variables = {**stack.workspace.variables, "PULUMI_OPTION_CONFIG_FILE": str(other)}
    workspace = replace(stack.workspace, variables=variables)
    serve(stack, V2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ops, "checked", lambda *_: workspace)
        release(stack, V2.image)

    assert (set(stack.regions), stack.image) == ({"eu-west-1"}, V1.image)
    assert V2.image in other.read_text()


def test_a_resumed_release_is_settled_before_it_goes_on(stack: ReleaseStack) -> None:
    write_stack_file(stack.file, V2.image)
    serve(stack, V2)

    ledger = ops.resume(stack.root, STACK, QUIET)

    assert stack.done == ["repair", "up"]
    assert ledger.live == serving("green", V2)


def test_a_rollback_releases_the_version_before(stack: ReleaseStack) -> None:
    stack.world.ledger = replace(stack.world.ledger, previous=serving("green", V3))
    serve(stack, V3)

    ops.rollback(stack.root, STACK, QUIET)

    assert (stack.image, stack.done) == (V3.image, ["up"])


def test_a_rollback_without_a_version_before_changes_nothing(stack: ReleaseStack) -> None:
    with pytest.raises(StackyardError, match="knows no version before the live one"):
        ops.rollback(stack.root, STACK, QUIET)

    assert (stack.image, stack.done) == (V1.image, [])


def test_a_rollback_while_a_release_is_under_way_says_how_to_end_it(stack: ReleaseStack) -> None:
    stack.world.ledger = replace(
        stack.world.ledger, previous=serving("green", V3), underway=UNDER_WAY
    )

    with pytest.raises(StackyardError, match=r"end it first: stackyard release abort --stack prod"):
        ops.rollback(stack.root, STACK, QUIET)

    assert (stack.image, stack.done) == (V1.image, [])


def test_a_rollback_to_the_same_image_says_that_only_settings_differ(stack: ReleaseStack) -> None:
    before = Version(id="other", image=V1.image)
    stack.world.ledger = replace(stack.world.ledger, previous=serving("green", before))

    with pytest.raises(StackyardError, match="differs in its settings, not in its image"):
        ops.rollback(stack.root, STACK, QUIET)

    assert stack.done == []


def test_an_abort_sends_all_requests_back_and_notes_the_version(stack: ReleaseStack) -> None:
    stack.world = with_live(V1, weights={"blue": 50, "green": 50})
    stack.world.ledger = replace(stack.world.ledger, underway=UNDER_WAY)

    failure = ops.abort(stack.root, STACK, QUIET)

    assert failure is not None
    assert (failure.version, failure.reason) == (V2, "it was aborted by hand")
    assert stack.world.weights == {"blue": 100, "green": 0}
    assert stack.world.ledger.underway is None


@pytest.mark.parametrize("world", [World(), with_live(V1)], ids=["nothing yet", "live"])
def test_an_abort_with_nothing_under_way_notes_nothing(stack: ReleaseStack, world: World) -> None:
    stack.world, before = world, world.ledger

    failure = ops.abort(stack.root, STACK, QUIET)

    assert (failure, stack.world.ledger) == (None, before)


def test_an_abort_while_the_driver_runs_is_refused_with_code_5(stack: ReleaseStack) -> None:
    stack.world = with_live(V1, weights={"blue": 50, "green": 50})
    stack.world.ledger = replace(stack.world.ledger, underway=UNDER_WAY)
    stack.lock(os.getpid())

    with pytest.raises(LockedError, match="Wait for it to end") as caught:
        ops.abort(stack.root, STACK, QUIET)

    assert caught.value.exit_code == 5
    assert stack.world.weights == {"blue": 50, "green": 50}


def test_an_abort_after_the_driver_was_killed_does_not_mind_its_lock(stack: ReleaseStack) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    stack.world.ledger = replace(stack.world.ledger, underway=UNDER_WAY)
    stack.lock(gone.pid)

    failure = ops.abort(stack.root, STACK, QUIET)

    assert failure is not None


def test_an_abort_that_nobody_would_answer_after_moves_nothing(stack: ReleaseStack) -> None:
    stack.world = with_live(V1, weights={"blue": 50, "green": 50}, unhealthy={"blue"})

    with pytest.raises(StackyardError, match="requests stay where they are: no pod of blue"):
        ops.abort(stack.root, STACK, QUIET)

    assert stack.world.weights == {"blue": 50, "green": 50}
