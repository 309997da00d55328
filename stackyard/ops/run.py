"""A stack brought up and taken down: preview, guard, run; the one way for every stack."""

import json
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import LockedError, StateFaultError
from stackyard.ops.engine import (
    Advance,
    EngineRun,
    PendingOperation,
    Workspace,
    operate,
    pending_operations,
)
from stackyard.ops.faults import ask, raise_for, told
from stackyard.ops.guard import (
    Consent,
    Loss,
    judge_destroy,
    judge_update,
    losses,
    losses_of_destroy,
)
from stackyard.ops.locks import locked_message, locks_of, runs_here
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.preview import SAME, preview
from stackyard.ops.readers import end_scaling
from stackyard.ops.unsaved import raise_for_unsaved
from stackyard.progress import Progress, Step

_LOOK = re.compile(r"(.+?) for \d+ s: ")
"""How a release begins what it says of a look at a step."""


@dataclass(frozen=True, kw_only=True)
class ReviewedPlan:
    """A plan that somebody looked at."""

    file: Path
    """As `pulumi preview --save-plan` wrote it; the engine refuses what is not in it."""
    check: Callable[[Mapping[str, Any]], None]
    """Raises `StackyardError` for a deployment that the plan was not made for: the engine asks
    only what is done, not what it is done to."""


def up(
    workspace: Workspace,
    progress: Progress,
    *,
    consent: Consent | None = None,
    plan: ReviewedPlan | None = None,
) -> EngineRun:
    """Bring the stack to what the program says; what the guard finds is refused untouched.

    Where the preview says that an update would write nothing, none is run. An empty stack has
    nothing to lose and is made without a preview.
    Raises `StackyardError`; what was made by then stays and is in the state.
    """
    deployment = deployment_of(workspace)
    _raise_for_pending_or_running(workspace)
    if plan is not None:
        plan.check(deployment)
    lost: Sequence[Loss] = ()
    if deployment.get("resources"):
        with progress.step("preview") as step:
            seen = preview(workspace, on_progress=_shown(step, progress))
            step.says(_summary(seen.run))
        raise_for(seen.run, workspace)
        lost = losses(seen.steps)
        judge_update(lost, consent, workspace)
        if seen.changes_nothing:
            return seen.run
    with progress.step("stack") as step:
        _unprotect(workspace, lost)
        message = ["--message", consent.message] if consent else []
        bound = ["--plan", str(plan.file)] if plan else []
        run = operate(workspace, ["up", *message, *bound], on_progress=_shown(step, progress))
        step.says(_summary(run))
        _raise_for_end(run, workspace)
    return run


def destroy(workspace: Workspace, progress: Progress) -> EngineRun:
    """Delete all that the stack has, unless any of it is protected.

    A destroy is meant to delete: what is stateful and not protected is listed and goes. The
    engine alone, its preview skipped, deletes the rest first and fails at what is protected.
    Raises `StackyardError`; what was deleted by then is out of the state.
    """
    deployment = deployment_of(workspace)
    _raise_for_pending_or_running(workspace)
    lost = losses_of_destroy(deployment)
    judge_destroy(lost, workspace)
    if lost:
        names = ", ".join(dict.fromkeys(loss.urn.rpartition("::")[2] for loss in lost))
        progress.line(f"what holds data goes with the stack {workspace.stack}: {names}")
    for name in end_scaling(deployment, lambda region: Aws(workspace.variables, region)):
        progress.line(f"a reader that Aurora had added is gone: {name}")
    with progress.step("stack") as step:
        run = operate(workspace, ["destroy"], on_progress=_shown(step, progress))
        step.says(f"{run.changes.get('delete', 0)} resources deleted")
        _raise_for_end(run, workspace)
    return run


def deployment_of(workspace: Workspace) -> Mapping[str, Any]:
    """The state's deployment, as `pulumi stack export` gives it; secrets encrypted."""
    state: dict[str, Any] = json.loads(ask(workspace, ["stack", "export"]))
    return state["deployment"]


def _unprotect(workspace: Workspace, lost: Sequence[Loss]) -> None:
    """Take the engine's own protection off what was consented to, one URN each and no other.

    The update that follows protects again what replaces it, or it itself if the update fails.
    """
    for loss in lost:
        if loss.protected:
            ask(workspace, ["state", "unprotect", loss.urn, "--yes"])


def _raise_for_end(run: EngineRun, workspace: Workspace) -> None:
    # Below 0 is a signal's: it did begin.
    if run.exit_code > 0 and not run.changes:
        # It did not begin: what the CLI says of that is the fault, not what the state has.
        raise_for(run, workspace)
    raise_for_unsaved(run, workspace)
    _raise_for_pending(_pending(workspace), workspace)
    raise_for(run, workspace)


def _raise_for_pending_or_running(workspace: Workspace) -> None:
    """What is pending before a run was left by a killed one, or belongs to one under way."""
    pending = _pending(workspace)
    locks = locks_of(workspace) if pending else []
    if any(not lock.stale(socket.gethostname(), runs_here) for lock in locks):
        raise LockedError(locked_message(locks, workspace))
    _raise_for_pending(pending, workspace)


def _pending(workspace: Workspace) -> list[PendingOperation]:
    with told(workspace):
        return pending_operations(workspace)


def _raise_for_pending(pending: Sequence[PendingOperation], workspace: Workspace) -> None:
    """An engine that was killed leaves operations whose end nobody knows, and says so quietly."""
    if pending:
        listed = "\n".join(f"  {operation.type} {operation.urn}" for operation in pending)
        raise StateFaultError(
            f"a run was killed; the state does not know how these ended:\n{listed}\n"
            f"Look them up: {workspace.repair or f'stackyard repair {workspace.stack}'};"
            " then run the same command again."
        )


def _shown(step: Step, progress: Progress) -> Callable[[Advance], None]:
    """Shows how far it is; what a release says stays, but for all looks at a step but the last."""
    shown = 0

    def show(now: Advance) -> None:
        nonlocal shown
        lasting = lasting_lines(now.release)
        for line in lasting[shown:]:
            progress.line(f"  {line}")
        shown = len(lasting)
        under_way = "".join(f", {line}" for line in now.release[-1:] if _LOOK.match(line))
        step.says(f"{now.done} resources{under_way}")

    return show


def lasting_lines(lines: Sequence[str]) -> list[str]:
    """The lines of a release but for the looks at a step that another look at it follows.

    Nor is the last line one while it is a look: it may be followed yet.
    """
    steps = [_step_looked_at(line) for line in lines]
    following = [*steps[1:], *steps[-1:]]
    return [
        line
        for line, step, next_ in zip(lines, steps, following, strict=True)
        if step is None or step != next_
    ]


def _step_looked_at(line: str) -> str | None:
    look = _LOOK.match(line)
    return look[1] if look else None


def _summary(run: EngineRun) -> str:
    if set(run.changes) <= {SAME}:
        return f"{run.total} resources, nothing to do"
    changes = ", ".join(f"{count} {kind}" for kind, count in sorted(run.changes.items()))
    return f"{run.total} resources: {changes}"
