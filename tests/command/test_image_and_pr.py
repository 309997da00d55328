"""`stackyard image push` and `stackyard pr`: what people and machines are told, what is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stackyard.cli import app
from stackyard.ops import deployed, expired, image, review
from stackyard.progress import Progress
from tests.command.test_cli import stackyard, write_stack
from tests.stacks.examples import PROD

FILE = "Pulumi.prod.yaml"
PUSHED = image.Pushed(image="r/api@sha256:1", tag="release-1", file=FILE, sent_bytes=7)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the commands ask of the functions behind them."""
    calls: list[Any] = []

    def push(_root: Path, stack: str, _progress: Progress, **options: Any) -> image.Pushed:
        calls.append((stack, options))
        return PUSHED

    def built(_root: Path, _progress: Progress, *, authorities: Path | None) -> Path:
        calls.append(authorities)
        return Path("out/oci")

    def name_image(_root: Path, stack: str, wanted: str) -> str:
        calls.append((stack, wanted))
        return FILE

    def up(_root: Path, number: int, _progress: Progress) -> str:
        calls.append(number)
        return "https://site"

    monkeypatch.setattr(image, "push", push)
    monkeypatch.setattr(image, "built", built)
    monkeypatch.setattr(deployed, "name_image", name_image)
    monkeypatch.setattr(review, "up", up)
    return calls


def test_a_push_says_what_stands_in_the_file(asked: list[Any]) -> None:
    done = CliRunner().invoke(app, ["image", "push", "prod", "--layout", "out", "--ca", "ca.pem"])

    assert done.stdout == "Pulumi.prod.yaml: app.image is r/api@sha256:1\n"
    assert asked == [("prod", {"layout": Path("out"), "authorities": Path("ca.pem")})]


def test_a_push_is_told_to_machines_as_json(asked: list[Any]) -> None:
    done = CliRunner().invoke(app, ["image", "push", "--json"], env={"PULUMI_STACK": "prod"})

    assert json.loads(done.stdout) == {
        "image": "r/api@sha256:1",
        "tag": "release-1",
        "file": FILE,
        "sentBytes": 7,
    }
    assert asked == [("prod", {"layout": None, "authorities": None})]


def test_a_build_says_where_its_layout_is(asked: list[Any]) -> None:
    done = CliRunner().invoke(app, ["image", "build", "--ca", "ca.pem"])

    assert (done.stdout, asked) == ("out/oci\n", [Path("ca.pem")])


def test_an_image_is_named_in_the_file(asked: list[Any]) -> None:
    done = CliRunner().invoke(app, ["image", "set", "prod", "r/api@sha256:1"])

    assert (done.stdout, asked) == (
        "Pulumi.prod.yaml: app.image is r/api@sha256:1\n",
        [("prod", "r/api@sha256:1")],
    )


@pytest.mark.parametrize(
    ("found", "says", "named"),
    [
        ("r/api@sha256:2", "Pulumi.prod.yaml: app.image is r/api@sha256:2\n", True),
        (None, "the stack prod has no image yet; its file stays as it is\n", False),
    ],
)
def test_the_image_that_is_deployed_is_kept(
    asked: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    found: str | None,
    says: str,
    named: bool,
) -> None:
    monkeypatch.setattr(deployed, "deployed_image", lambda _root, _stack: found)

    done = CliRunner().invoke(app, ["image", "set", "prod", "--deployed"])

    assert (done.stdout, bool(asked)) == (says, named)


@pytest.mark.parametrize("words", [["prod"], ["prod", "r/api@sha256:1", "--deployed"]])
def test_an_image_is_given_or_looked_up_and_not_both(tmp_path: Path, words: list[str]) -> None:
    done = stackyard(tmp_path, "image", "set", *words)

    assert (done.returncode, done.stderr) == (2, "image set takes an image, or --deployed\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "pr-3 72 h over since 2026-11-20 12:00 UTC\n"),
        (
            ["--json"],
            '[{"number": 3, "hours": 72, "since": "2026-11-20T12:00:00+00:00"}]\n',
        ),
    ],
)
def test_what_is_over_is_listed_and_stays(
    monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    gone: list[int] = []
    since = datetime(2026, 11, 20, 12, tzinfo=UTC)
    found = [expired.Expired(number=3, hours=72, since=since)]
    monkeypatch.setattr(expired, "expired", lambda _root, _now: found)
    monkeypatch.setattr(review, "down", lambda _root, number, _progress: gone.append(number))

    assert CliRunner().invoke(app, ["pr", "expired", *words]).stdout == says
    assert gone == []
    assert CliRunner().invoke(app, ["pr", "expired", "--down", *words]).stdout == says
    assert gone == [3]


def test_a_review_stack_says_where_it_answers(asked: list[Any]) -> None:
    done = CliRunner().invoke(app, ["pr", "up", "12"])

    assert (done.stdout, asked) == ("https://site\n", [12])


@pytest.mark.parametrize("word", ["prod", "pr-12", "0", "-1", "1.5", "12;13"])
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_review_stack_is_named_by_a_number_alone(word: str, way: str, asked: list[Any]) -> None:
    done = CliRunner().invoke(app, ["pr", way, word])

    assert (done.exit_code, asked) == (2, [])


def test_settings_of_a_first_stack_file_name_the_push(tmp_path: Path) -> None:
    write_stack(tmp_path, {name: keys for name, keys in PROD.items() if name != "app"})

    done = stackyard(tmp_path, "settings", "prod")

    assert (done.returncode, done.stderr) == (
        2,
        "Pulumi.prod.yaml: app.image: is missing; build and push it: stackyard image push prod\n",
    )


def test_a_push_without_credentials_is_one_line_and_code_4(tmp_path: Path) -> None:
    write_stack(tmp_path, PROD)
    nobody = {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    done = stackyard(tmp_path, "image", "push", "prod", **nobody)

    assert done.returncode == 4
    assert done.stderr.splitlines()[-1] == (
        "there are no AWS credentials here; set AWS_PROFILE, or run: aws sso login"
    )
