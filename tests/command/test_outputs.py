"""`stackyard outputs` on the command line: what is printed, for whom, what cannot be."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stackyard.cli import app
from stackyard.errors import StackyardError
from stackyard.ops import outputs as ops

GIVEN = {"siteUrl": "https://example.com", "readme": "# ${outputs.siteUrl}\n"}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own: a command keeps a log."""
    monkeypatch.chdir(tmp_path)


def outputs(monkeypatch: pytest.MonkeyPatch, given: Mapping[str, Any], *words: str) -> Any:
    monkeypatch.setattr(ops, "ask", lambda _workspace, _words: json.dumps(given))
    return CliRunner().invoke(app, ["outputs", "prod", *words])


def test_outputs_are_a_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    done = outputs(monkeypatch, GIVEN)

    assert done.stdout.splitlines()[0].split()[:2] == ["siteUrl", "https://example.com"]
    assert done.exit_code == 0


def test_what_the_stack_does_not_give_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    done = outputs(monkeypatch, GIVEN)

    assert " outputs of the contract are missing: another version of the program" in done.stderr


def test_outputs_for_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(outputs(monkeypatch, GIVEN, "--json").stdout) == GIVEN


def test_the_readme_has_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    assert outputs(monkeypatch, GIVEN, "--readme").stdout == "# https://example.com\n"


@pytest.mark.parametrize(
    ("given", "words", "says"),
    [
        ({}, (), "the stack prod has no outputs: it was not brought up yet, or is destroyed;"),
        ({"siteUrl": "x"}, ("--readme",), "the stack prod has no output readme"),
        (GIVEN, ("--json", "--readme"), "--json and --readme are two answers"),
    ],
)
def test_what_cannot_be_printed_is_one_line(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], words: tuple[str, ...], says: str
) -> None:
    done = outputs(monkeypatch, given, *words)

    assert isinstance(done.exception, StackyardError)
    assert str(done.exception).startswith(says)
    assert "\n" not in str(done.exception)
    assert done.stdout == ""
