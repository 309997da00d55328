"""`stackyard pr up` and `pr down` on the real engine: side by side, again, away, nobody else."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import DestructiveChangeError, SettingsFaultError
from stackyard.ops import command, run
from tests.engine.cli_stack import thing
from tests.engine.reviews import QUIET, Reviews, reviews_in

pytestmark = pytest.mark.engine


@pytest.fixture
def reviews(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reviews]:
    with reviews_in(tmp_path, monkeypatch) as made:
        yield made


def test_the_first_up_makes_the_stack_and_says_where_it_answers(reviews: Reviews) -> None:
    assert reviews.up(12) == "https://pr-12.example.com"
    assert reviews.names == ["pr-12"]
    assert reviews.stacks() == ["pr-12", "test"]


def test_a_second_up_changes_nothing(reviews: Reviews) -> None:
    reviews.up(12)
    log, state = list(reviews.stack.cloud.log), state_of(reviews, "pr-12")

    assert reviews.up(12) == "https://pr-12.example.com"
    assert reviews.stack.cloud.log == log
    assert state_of(reviews, "pr-12") == state


def test_a_changed_file_is_what_the_next_up_brings(reviews: Reviews) -> None:
    reviews.up(12)
    reviews.configure(size="large", protect=False)

    reviews.up(12)

    assert reviews.stack.cloud.log[-1] == ("update", "pr-12")


def test_two_stand_side_by_side_and_one_goes_alone(reviews: Reviews) -> None:
    reviews.up(12)
    reviews.up(13)
    assert reviews.names == ["pr-12", "pr-13"]

    reviews.down(12)

    assert reviews.names == ["pr-13"]
    assert reviews.stacks() == ["pr-13", "test"]


def test_one_that_is_not_there_goes_without_an_error(reviews: Reviews) -> None:
    reviews.up(1)

    reviews.down(12)
    reviews.down(12)

    assert reviews.names == ["pr-1"]
    assert reviews.stacks() == ["pr-1", "test"]


def test_no_other_stack_is_touched(reviews: Reviews) -> None:
    run.up(reviews.stack.workspace, QUIET)
    log, state = list(reviews.stack.cloud.log), state_of(reviews, "test")

    reviews.up(12)
    reviews.down(12)

    assert [name for _, name in reviews.stack.cloud.log[len(log) :]] == ["pr-12", "pr-12"]
    assert state_of(reviews, "test") == state


def test_the_shared_file_keeps_every_letter_and_none_is_made_beside_it(reviews: Reviews) -> None:
    before = reviews.file.read_bytes()

    reviews.up(12)
    reviews.down(12)

    assert reviews.file.read_bytes() == before
    assert sorted(file.name for file in reviews.root.glob("Pulumi.*")) == [
        "Pulumi.pr.yaml",
        "Pulumi.test.yaml",
        "Pulumi.yaml",
    ]


def test_another_checkout_goes_on_with_it(reviews: Reviews) -> None:
    reviews.up(12)
    shutil.rmtree(reviews.root / command.FOLDER)

    reviews.up(12)
    shutil.rmtree(reviews.root / command.FOLDER)
    reviews.down(12)

    assert reviews.stack.cloud.log == [("create", "pr-12"), ("delete", "pr-12")]


def test_what_is_protected_keeps_the_stack(reviews: Reviews) -> None:
    reviews.stack.program(thing("kept", protect=True))
    reviews.up(12)

    with pytest.raises(DestructiveChangeError, match="kept"):
        reviews.down(12)

    assert reviews.names == ["kept", "pr-12"]
    assert "pr-12" in reviews.stacks()


def test_the_other_commands_know_a_review_stack(reviews: Reviews) -> None:
    reviews.up(12)

    assert command.up(reviews.root, "pr-12", QUIET, None).changes == {"same": 2}
    assert command.destroy(reviews.root, "pr-12", QUIET).changes == {"delete": 2}


@pytest.mark.parametrize("number", [0, -1])
def test_what_is_no_number_of_a_pull_request_is_refused(reviews: Reviews, number: int) -> None:
    with pytest.raises(SettingsFaultError, match=f"^{number} is no number of a pull request; "):
        reviews.down(number)

    assert reviews.stacks() == ["test"]


def test_the_shared_file_is_no_stack(reviews: Reviews) -> None:
    with pytest.raises(SettingsFaultError, match="bring one up: stackyard pr up NUMBER"):
        command.up(reviews.root, "pr", QUIET, None)


def test_a_file_that_is_wrong_makes_no_stack(reviews: Reviews) -> None:
    reviews.configure(ttlHours=721)

    with pytest.raises(SettingsFaultError) as told:
        reviews.up(12)

    assert str(told.value) == (
        "Pulumi.pr.yaml: env.ttlHours: 721 is more than 720, the largest allowed"
    )
    assert reviews.stacks() == ["test"]


def state_of(reviews: Reviews, stack: str) -> Any:
    (file,) = reviews.root.glob(f"state/.pulumi/stacks/*/{stack}.json")
    return json.loads(file.read_text())["checkpoint"]["latest"]
