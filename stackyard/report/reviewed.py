"""The plan that was reviewed is the plan that runs: refuses one whose ground has moved."""

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackyard.errors import SettingsFaultError
from stackyard.ops.run import ReviewedPlan
from stackyard.report.document import Reviewed, reviewed
from stackyard.report.parse import state_of

REPORT, PLAN = "report.json", "plan.json"
"""In the folder that `stackyard report` writes."""


def reviewed_plan(root: Path, stack: str, folder: Path) -> ReviewedPlan:
    """The plan in a report's folder.

    Raises `SettingsFaultError` for a plan that is not the report's, another stack's, or of another
    commit; the state is compared when the update begins.
    """
    seen = reviewed(folder / REPORT)
    file = folder / PLAN
    if not file.exists():
        raise SettingsFaultError(
            f"{folder}: has no {PLAN}: the report was not made by `stackyard report {stack}`"
        )
    _check(stack == seen.stack, f"is of the stack {seen.stack}", stack)
    _check(hash_of(file) == seen.basis.plan, f"is not of the {PLAN} that lies beside it", stack)
    now = commit_of(root)
    _check(
        now == seen.basis.commit,
        f"is of commit {seen.basis.commit or 'none'}, this is {now or 'none'}",
        stack,
    )

    def check(deployment: Mapping[str, Any]) -> None:
        _check_state(deployment, seen, stack)

    return ReviewedPlan(file=file.resolve(), check=check)


def _check_state(deployment: Mapping[str, Any], seen: Reviewed, stack: str) -> None:
    found, reported = state_of(deployment, "state").mark, seen.basis.state
    _check(
        reported == found,
        f"was made for the state written {(reported and reported.serial) or 'never'}; the state is"
        f" now the one written {found.serial or 'never'}",
        stack,
    )


def _check(holds: bool, what: str, stack: str) -> None:  # noqa: FBT001  # one condition
    if not holds:
        raise SettingsFaultError(
            f"the reviewed report {what}: nothing was touched. Make and review a new one:"
            f" stackyard report {stack}"
        )


def hash_of(file: Path) -> str:
    """A file's SHA-256."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def commit_of(root: Path) -> str:
    """The commit that is checked out, `+changes` where files differ; empty without git."""
    try:
        head = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{head}+changes" if changed else head


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()
