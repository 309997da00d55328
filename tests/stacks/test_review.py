"""Review stacks: their names, their one file, and what it may not say."""

from typing import Any

import pytest

from stacks.images import tag_of
from stacks.load import SettingsError, load
from stacks.review import FILE, is_review, review_stack, stack_file_name, stack_of
from tests.stacks.examples import DIGEST, PROD

RIGHT: dict[str, Any] = {
    **PROD,
    "env": {
        "size": "small",
        "region": "us-east-1",
        "accountId": "123456789012",
        "owner": "platform",
        "costCenter": "web",
        "ttlHours": 72,
    },
}


def problem_of(**env: Any) -> str:
    given = {key: value for key, value in {**RIGHT["env"], **env}.items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        load(FILE, {**RIGHT, "env": given})
    (line,) = str(caught.value).splitlines()
    return line.removeprefix(f"{FILE}: ")


def test_a_right_file_is_taken() -> None:
    assert load(FILE, RIGHT).env.ttl_hours == 72


@pytest.mark.parametrize("number", [1, 12, 100_000])
def test_the_stack_of_a_pull_request_is_a_review_stack(number: int) -> None:
    assert is_review(review_stack(number))
    assert stack_file_name(review_stack(number)) == FILE


@pytest.mark.parametrize(
    "stack", ["prod", "staging", "local", "pr", "pr-", "pr-0", "pr-01", "pr--1", "pr-1a", "xpr-1"]
)
def test_no_other_stack_is_one(stack: str) -> None:
    assert not is_review(stack)
    assert stack_file_name(stack) == f"Pulumi.{stack}.yaml"


def test_a_file_is_called_after_its_stack() -> None:
    assert [stack_of(name) for name in ("Pulumi.prod.yaml", FILE)] == ["prod", "pr"]


@pytest.mark.parametrize(
    ("stack", "begins"),
    [("pr", "review-"), ("pr-12", "review-"), ("prod", "release-"), ("pr-0", "release-")],
)
def test_the_tag_of_an_image_says_how_long_it_is_kept(stack: str, begins: str) -> None:
    assert tag_of(stack, DIGEST) == f"{begins}{DIGEST.removeprefix('sha256:')}"


@pytest.mark.parametrize(
    ("env", "says"),
    [
        (
            {"ttlHours": None},
            "env.ttlHours: is missing; a review stack says after how many hours it may be deleted",
        ),
        (
            {"domain": "example.com", "zoneId": "Z1"},
            "env.domain: is example.com, but all review stacks share this file and one alone can",
        ),
        ({"ttlHours": 0}, "env.ttlHours: 0 is less than 1, the smallest allowed"),
        ({"ttlHours": 721}, "env.ttlHours: 721 is more than 720, the largest allowed"),
        ({"ttlHours": 1.5}, "env.ttlHours: 1.5 is not a whole number; Hours after its last update"),
    ],
)
def test_what_a_review_stack_cannot_be_is_a_line(env: dict[str, Any], says: str) -> None:
    assert problem_of(**env).startswith(says)


def test_a_review_stack_is_not_protected() -> None:
    given = {**RIGHT, "edge": {"allowPlainOrigin": "a trial of a week"}}
    given["env"] = {**RIGHT["env"], "protect": True}

    with pytest.raises(SettingsError) as caught:
        load(FILE, given)

    assert str(caught.value) == (
        f"{FILE}: env.protect: is true, but a review stack goes with its pull request; set it to"
        " false"
    )


def test_the_rules_of_review_stacks_are_no_other_files() -> None:
    assert load("Pulumi.prod.yaml", PROD).env.ttl_hours is None
