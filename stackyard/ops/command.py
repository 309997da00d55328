"""`stackyard up` and `stackyard destroy`: any stack, in the environment of the caller."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from stacks.review import FILE, is_review, stack_file_name
from stackyard.errors import SettingsFaultError
from stackyard.ops import run
from stackyard.ops.engine import EngineRun, Workspace
from stackyard.ops.guard import Consent
from stackyard.ops.identity import check_identity, check_region
from stackyard.ops.lookup import candidates
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.repair import Repaired, Ways
from stackyard.ops.repair import repair as settle
from stackyard.ops.repair_state import JsonObject
from stackyard.ops.review_file import own_stack_file
from stackyard.progress import Progress
from stackyard.stack_files import settings_of

FOLDER = ".stackyard"
"""Beside Pulumi.yaml: what the commands keep of each stack."""
CONFIG_FILE = "PULUMI_OPTION_CONFIG_FILE"
"""The CLI's own variable for a stack file of another name or place."""


def workspace_here(root: Path, stack: str) -> Workspace:
    """A stack of the project in `root`, as the caller's shell has it."""
    folder = root / FOLDER / stack
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    own = {CONFIG_FILE: str(own_stack_file(root, folder, stack))} if is_review(stack) else {}
    return Workspace(
        root=root,
        stack=stack,
        variables={**os.environ, **own},
        events=folder / "events.jsonl",
        log=folder / "pulumi.log",
    )


def up(
    root: Path,
    stack: str,
    progress: Progress,
    consent: Consent | None,
    plan: run.ReviewedPlan | None = None,
) -> EngineRun:
    """Check the settings and whose the credentials are, then preview, guard, run."""
    return run.up(checked(root, stack, progress), progress, consent=consent, plan=plan)


def destroy(root: Path, stack: str, progress: Progress) -> EngineRun:
    """Check the settings and whose the credentials are, then guard, run."""
    return run.destroy(checked(root, stack, progress), progress)


def repair(root: Path, stack: str, ways: Ways, progress: Progress) -> list[Repaired]:
    """Check whose the credentials are, then look up what a killed run left and settle it."""
    workspace = checked(root, stack, progress)

    def find(resource: JsonObject, resources: Sequence[JsonObject]) -> list[str]:
        return candidates(resource, resources, lambda region: Aws(workspace.variables, region))

    return settle(workspace, ways, find, progress)


def checked(
    root: Path,
    stack: str,
    progress: Progress,
    *,
    prepare: Callable[[Workspace], None] = lambda _: None,
) -> Workspace:
    """The stack, its settings read and the credentials found to be those of its account.

    `prepare` may make the stack, once the credentials are known to be right.
    """
    file = root / stack_file_name(stack)
    if file.name == FILE and not is_review(stack):
        raise SettingsFaultError(
            f"{FILE} is the file of all review stacks; bring one up: stackyard pr up NUMBER"
        )
    env = settings_of(file).env
    workspace = workspace_here(root, stack)
    with progress.step("account") as step:
        check_identity(env, file.name)
        prepare(workspace)
        check_region(env, file.name, run.deployment_of(workspace))
        step.says(f"{env.account_id}, {env.region}")
    return workspace
