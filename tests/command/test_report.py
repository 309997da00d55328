"""`stackyard report` on the command line: exit codes, files, what it refuses."""

import json
import shutil
from pathlib import Path

import pytest

from tests.command.test_cli import stackyard
from tests.report.examples import GOLDENS


def given(folder: Path, name: str) -> list[str]:
    """The options that name a golden change, copied into `folder`."""
    for file in ("preview.json", "events.jsonl"):
        shutil.copy(GOLDENS / name / file, folder)
    shutil.copy(GOLDENS / "state.json", folder)
    return ["--preview", "preview.json", "--events", "events.jsonl", "--state", "state.json"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("image", 0), ("weights", 10), ("group-opened", 11), ("database-replaced", 6)],
)
def test_the_exit_code_is_that_of_the_risk(tmp_path: Path, name: str, code: int) -> None:
    done = stackyard(tmp_path, "report", "test", *given(tmp_path, name))

    assert (done.returncode, done.stderr) == (code, "")
    folder = tmp_path / ".stackyard" / "test" / "report"
    assert sorted(file.name for file in folder.iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
    ]


@pytest.mark.parametrize(
    ("name", "accepted", "code"),
    [
        ("weights", "medium", 0),
        ("weights", "critical", 0),
        ("group-opened", "medium", 11),
        ("group-opened", "high", 0),
        ("database-replaced", "high", 6),
        ("database-replaced", "critical", 0),
    ],
)
def test_an_accepted_risk_ends_with_0(tmp_path: Path, name: str, accepted: str, code: int) -> None:
    done = stackyard(tmp_path, "report", "test", *given(tmp_path, name), "--accept", accepted)

    assert (done.returncode, done.stderr) == (code, "")
    assert (tmp_path / ".stackyard" / "test" / "report" / "report.md").exists()


def test_a_terminal_gets_the_verdict_the_dangers_and_the_files(tmp_path: Path) -> None:
    done = stackyard(tmp_path, "report", "test", *given(tmp_path, "weights"), "--out", "out")

    first, second, third = done.stdout.splitlines()
    assert first.startswith("MEDIUM  replaces 0, updates 1,")
    assert second.startswith("  MEDIUM   edge moves traffic between target groups: blue")
    assert third == "out/report.html  out/report.md  out/report.json"


def test_machines_get_the_document(tmp_path: Path) -> None:
    done = stackyard(tmp_path, "report", "test", *given(tmp_path, "weights"), "--json")

    assert json.loads(done.stdout)["risk"] == "medium"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["test", "--state", "state.json"], "--events, --plan and --state go with the --preview"),
        (["test", "--recorded"], "--recorded needs --state"),
        (["test", "--preview", "none.json"], "none.json: cannot be read"),
        (["test", "--preview", "cut.json"], "cut.json: is no whole JSON"),
        (["prod", "--preview", "preview.json"], "is of the stack 'test', not of 'prod'"),
    ],
)
def test_what_is_wrong_is_one_line_and_no_report(
    tmp_path: Path, words: list[str], says: str
) -> None:
    given(tmp_path, "weights")
    (tmp_path / "cut.json").write_text((tmp_path / "preview.json").read_text()[:-9])

    done = stackyard(tmp_path, "report", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / ".stackyard").exists()


def test_a_plan_without_a_report_is_refused(tmp_path: Path) -> None:
    done = stackyard(tmp_path, "up", "test", "--plan", "nowhere")

    assert (done.returncode, done.stderr) == (
        2,
        "nowhere/report.json: cannot be read: No such file or directory\n",
    )
