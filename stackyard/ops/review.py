"""`stackyard pr up` and `pr down`: the stack of a pull request, by its number."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from stacks.review import FILE, review_stack
from stackyard.errors import SettingsFaultError
from stackyard.ops import run
from stackyard.ops.command import FOLDER, checked
from stackyard.ops.engine import Workspace, answer
from stackyard.ops.faults import ask, told
from stackyard.ops.outputs import stack_outputs
from stackyard.progress import Progress

_THERE = "already exists"
"""What the CLI says of a stack that it was asked to make."""


def up(root: Path, number: int, progress: Progress) -> str:
    """Bring the stack up, made where it is missing; where its site answers.

    Raises `StackyardError`.
    """
    workspace = checked(root, _name(number), progress, prepare=_make)
    run.up(workspace, progress)
    return str(stack_outputs(workspace)["siteUrl"])


def down(root: Path, number: int, progress: Progress) -> None:
    """Delete all that the stack has, then the stack; one that is not there is no error.

    Raises `StackyardError`, and then the stack is still there.
    """
    # One that is missing is made: empty, it goes the same way, and nobody has to look first.
    workspace = checked(root, _name(number), progress, prepare=_make)
    if run.deployment_of(workspace).get("resources"):
        run.destroy(workspace, progress)
    ask(workspace, ["stack", "rm", workspace.stack, "--yes", "--preserve-config"])
    shutil.rmtree(root / FOLDER / workspace.stack)
    progress.line(f"{workspace.stack} is gone")


def _name(number: int) -> str:
    if number < 1:
        raise SettingsFaultError(f"{number} is no number of a pull request; they begin at 1")
    return review_stack(number)


def _make(workspace: Workspace) -> None:
    """Make the stack where there is none, with the secrets provider that the shared file names.

    In the folder of its own file: the engine writes the salt beside the Pulumi.yaml it finds.
    """
    folder = workspace.root / FOLDER / workspace.stack
    shutil.copyfile(workspace.root / "Pulumi.yaml", folder / "Pulumi.yaml")
    shared: dict[str, Any] = yaml.safe_load((workspace.root / FILE).read_text(encoding="utf-8"))
    provider = shared.get("secretsprovider")
    chosen = ["--secrets-provider", str(provider)] if provider else []
    words = ["--cwd", str(folder), "stack", "init", workspace.stack, "--no-select", *chosen]
    with told(workspace):
        try:
            answer(workspace, words)
        except subprocess.CalledProcessError as problem:
            if _THERE not in problem.stderr:
                raise
