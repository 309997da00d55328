"""`stackyard pr expired` on the real engine: what is over, what is not, what goes."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.ops import command
from stackyard.ops.expired import end, expired
from tests.engine.cli_stack import thing
from tests.engine.reviews import QUIET, Reviews, reviews_in

pytestmark = pytest.mark.engine

TTL_HOURS = 72
"""What Pulumi.pr.yaml says."""


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviews]:
    """Two that nobody takes down."""
    with (
        pytest.MonkeyPatch.context() as patched,
        reviews_in(tmp_path_factory.mktemp("standing"), patched) as made,
    ):
        made.up(12)
        made.up(3)
        yield made


@pytest.fixture
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reviews]:
    with reviews_in(tmp_path, monkeypatch) as made:
        made.up(12)
        yield made


def over(reviews: Reviews, hours: float) -> list[int]:
    """The numbers of what is over so many hours from now."""
    found = expired(reviews.root, datetime.now(UTC) + timedelta(hours=hours))
    return [each.number for each in found]


def test_a_stack_is_over_when_its_hours_are(standing: Reviews) -> None:
    assert over(standing, TTL_HOURS - 0.1) == []
    assert over(standing, TTL_HOURS) == [3, 12]


def test_no_other_stack_is_ever_over(standing: Reviews) -> None:
    assert "test" in standing.stacks()
    assert over(standing, 100_000) == [3, 12]


def test_a_fresh_checkout_sees_the_same(standing: Reviews) -> None:
    shutil.rmtree(standing.root / command.FOLDER)

    assert over(standing, TTL_HOURS) == [3, 12]


def test_what_is_over_goes_and_the_rest_stays(reviews: Reviews) -> None:
    found = expired(reviews.root, datetime.now(UTC) + timedelta(hours=TTL_HOURS))
    reviews.up(13)

    end(reviews.root, found, QUIET)

    assert reviews.stacks() == ["pr-13", "test"]
    assert reviews.names == ["pr-13"]


def test_one_that_cannot_go_keeps_no_other(reviews: Reviews) -> None:
    reviews.up(13)
    reviews.stack.program(thing("kept", protect=True))
    reviews.up(12)
    found = expired(reviews.root, datetime.now(UTC) + timedelta(hours=TTL_HOURS))

    with pytest.raises(StackyardError, match=r"^still there: pr-12; the reason stands above"):
        end(reviews.root, found, QUIET)

    assert reviews.stacks() == ["pr-12", "test"]
