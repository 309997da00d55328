"""`up --plan` on the real engine: what was reviewed runs, and nothing else does."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.errors import DestructiveChangeError, SettingsFaultError, StackyardError
from stackyard.ops.run import up
from stackyard.progress import Progress
from stackyard.report.command import of_workspace, write
from stackyard.report.reviewed import PLAN, REPORT, commit_of, reviewed_plan
from tests.engine.cli_stack import DATABASE, CliStack, cli_stack, thing

pytestmark = [pytest.mark.engine]

QUIET = Progress(quiet=True)
CANARY = "canary-8d1e-in-a-secret"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[CliStack]:
    with cli_stack(tmp_path) as made:
        made.program(thing("topic"))
        up(made.workspace, QUIET)
        yield made


def review(stack: CliStack) -> Path:
    """The folder of a report on what the program now says."""
    folder = stack.workspace.root / "report"
    write(of_workspace(stack.workspace, QUIET, folder=folder), folder)
    return folder


def run_reviewed(stack: CliStack, folder: Path) -> None:
    up(stack.workspace, QUIET, plan=reviewed_plan(stack.workspace.root, "test", folder))


def test_the_reviewed_plan_runs(stack: CliStack) -> None:
    stack.program(thing("topic", color="red"), thing("other"))

    run_reviewed(stack, review(stack))

    assert stack.cloud.names == ["other", "topic"]
    assert stack.cloud.log[-2:] == [("update", "topic"), ("create", "other")]


def test_the_plan_of_a_first_deployment_runs(tmp_path: Path) -> None:
    with cli_stack(tmp_path) as stack:
        stack.program(thing("topic"))

        run_reviewed(stack, review(stack))

        assert stack.cloud.names == ["topic"]


def test_a_plan_for_a_state_that_moved_on_is_refused_untouched(stack: CliStack) -> None:
    stack.program(thing("topic", size=20))
    folder = review(stack)
    stack.program(thing("topic", size=31))
    up(stack.workspace, QUIET)
    stack.program(thing("topic", size=20))
    before = list(stack.cloud.log)

    with pytest.raises(
        SettingsFaultError, match=r"was made for the state written .*; the state is now the one"
    ):
        run_reviewed(stack, folder)

    assert stack.cloud.log == before


def test_what_the_program_says_since_the_review_is_refused(stack: CliStack) -> None:
    stack.program(thing("topic", color="red"))
    folder = review(stack)
    stack.program(thing("topic", color="red"), thing("smuggled"))

    with pytest.raises(StackyardError, match="plan"):
        run_reviewed(stack, folder)

    assert stack.cloud.names == ["topic"]


def test_a_plan_that_is_not_the_reports_is_refused(stack: CliStack) -> None:
    stack.program(thing("topic", color="red"))
    folder = review(stack)
    (folder / PLAN).write_text((folder / PLAN).read_text() + " ")

    with pytest.raises(SettingsFaultError, match=r"is not of the plan\.json that lies beside it"):
        run_reviewed(stack, folder)


def test_a_reviewed_plan_still_needs_consent_for_a_loss(stack: CliStack) -> None:
    stack.program(thing("topic"), thing("db", DATABASE, engine="a"))
    up(stack.workspace, QUIET)
    stack.program(thing("topic"), thing("db", DATABASE, engine="b"))

    with pytest.raises(DestructiveChangeError, match="forced by engine"):
        run_reviewed(stack, review(stack))


def test_a_report_names_the_state_and_plan_it_was_made_from(stack: CliStack) -> None:
    stack.program(thing("topic", color="red"))

    seen = json.loads((review(stack) / REPORT).read_text())

    manifest = json.loads(stack.state_file.read_text())["checkpoint"]["latest"]["manifest"]
    assert seen["basis"]["state"]["serial"] == manifest["time"]
    assert len(seen["basis"]["plan"]) == len(seen["basis"]["state"]["hash"]) == 64


def test_a_secret_is_in_no_artefact_of_a_report(stack: CliStack) -> None:
    program = stack.workspace.root / "__main__.py"
    program.write_text(
        program.read_text()
        + f'secret = pulumi.Output.secret("{CANARY}")\n'
        + f'pulumi.CustomResource("{DATABASE}", "s", {{"masterPassword": secret}})\n'
        + 'pulumi.export("password", secret)\n'
        + 'pulumi.log.info(f"the password is {secret}")\n'
    )

    folder = review(stack)
    run_reviewed(stack, folder)

    workspace = stack.workspace
    files = [*folder.iterdir(), workspace.events, workspace.log, stack.state_file]
    assert len(files) == 7
    assert not [file for file in files if CANARY in file.read_text()]


def test_another_commit_is_another_review(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        name = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True, capture_output=True)

    none = commit_of(tmp_path)
    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "one")
    first = commit_of(tmp_path)
    (tmp_path / "a").write_text("2")

    assert none == ""
    assert len(first) == 40
    assert commit_of(tmp_path) == f"{first}+changes"
