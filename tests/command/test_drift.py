"""`stackyard drift` on the command line: what is printed, exit codes."""

from typing import Any

import pytest
from typer.testing import CliRunner

from stackyard.cli import app
from stackyard.drift import command
from stackyard.drift.findings import Findings
from tests.drift.examples import CHANGED, findings


def drift(monkeypatch: pytest.MonkeyPatch, found: Findings, *words: str) -> Any:
    monkeypatch.setattr(command, "drift", lambda _root, _stack, _progress: found)
    return CliRunner().invoke(app, ["drift", "prod", *words])


def test_no_drift_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    done = drift(monkeypatch, findings())

    assert (done.exit_code, done.stdout) == (
        0,
        "prod: none of 9 resources was changed outside\n",
    )


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ((), "prod: 1 of 9 resources was changed outside\n  topic "),
        (("--markdown",), "**prod: 1 of 9 resources was changed outside**\n"),
        (("--json",), '{\n "version": 1,'),
    ],
)
def test_drift_ends_with_8(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], begins: str
) -> None:
    done = drift(monkeypatch, findings(CHANGED), *words)

    assert (done.exit_code, done.stderr) == (8, "")
    assert done.stdout.startswith(begins)


def test_drift_has_one_form_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    done = drift(monkeypatch, findings(CHANGED), "--json", "--markdown")

    assert str(done.exception) == "--json and --markdown are two answers; ask for one of them"
