"""`stackyard report`: what is judged comes from the engine or from files, what is written to files.

Everything is read and rendered before the first file is written: there is never half a report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stacks.review import stack_file_name
from stacks.settings import Settings
from stackyard.errors import SettingsFaultError
from stackyard.ops.command import FOLDER, checked
from stackyard.ops.engine import Workspace
from stackyard.ops.faults import raise_for
from stackyard.ops.preview import preview
from stackyard.ops.run import deployment_of
from stackyard.progress import Progress
from stackyard.report.change import Proposal
from stackyard.report.document import document
from stackyard.report.html import page
from stackyard.report.markdown import markdown
from stackyard.report.parse import (
    events_in,
    plan_in,
    preview_in,
    state_in,
    state_of,
    text_of,
)
from stackyard.report.proposal import check_plan, proposal_of
from stackyard.report.report import Basis, Report, report_of
from stackyard.report.reviewed import PLAN, REPORT, commit_of, hash_of
from stackyard.report.sections import sections_of
from stackyard.report.text import clean
from stackyard.report.verdict import facts
from stackyard.stack_files import settings_of

COMMENT, PAGE = "report.md", "report.html"
DANGERS_SHOWN = 10
"""In a terminal."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """What a report is made of where no engine is asked."""

    preview: Path
    events: Path | None = None
    plan: Path | None = None
    state: Path | None = None


def folder_of(root: Path, stack: str) -> Path:
    """Where a stack's report is kept if no other place is named."""
    return root / FOLDER / stack / "report"


def from_files(root: Path, stack: str, files: Files) -> Report:
    """Judge what the files say; `SettingsFaultError` for what is broken or another stack's."""
    steps, faults = preview_in(text_of(files.preview), files.preview.name)
    state = state_in(text_of(files.state), files.state.name) if files.state else None
    events = events_in(text_of(files.events), files.events.name) if files.events else None
    if files.plan is not None:
        check_plan(plan_in(text_of(files.plan), files.plan.name), steps)
    proposal = proposal_of(steps, state=state, events=events, faults=faults)
    _check_stack(proposal, stack, files.preview.name)
    basis = Basis(
        state=state.mark if state else None,
        commit=commit_of(root),
        plan=hash_of(files.plan) if files.plan else "",
    )
    return report_of(proposal, basis=basis, sections=sections_of(proposal, _settings(root, stack)))


def from_recorded(root: Path, stack: str, state_file: Path) -> Report:
    """Judge the program's recorded graph against an exported state; nobody is asked."""
    # It imports the program and its SDKs, which the other ways do not need.
    from stackyard.report.recorded import recorded  # noqa: PLC0415
    from stackyard.report.without_cloud import SOURCE, steps_between  # noqa: PLC0415

    state = state_in(text_of(state_file), state_file.name)
    steps = steps_between(state, recorded(root, stack, preview=True))
    proposal = proposal_of(steps, state=state, source=SOURCE)
    _check_stack(proposal, stack, state_file.name)
    basis = Basis(state=state.mark, commit=commit_of(root))
    return report_of(proposal, basis=basis, sections=sections_of(proposal, _settings(root, stack)))


def from_engine(
    root: Path, stack: str, progress: Progress, *, folder: Path, policy_packs: Sequence[Path] = ()
) -> Report:
    """Preview the stack, keep the plan in `folder`, and judge it."""
    return of_workspace(
        checked(root, stack, progress),
        progress,
        folder=folder,
        policy_packs=policy_packs,
        settings=settings_of(root / stack_file_name(stack)),
    )


def of_workspace(
    workspace: Workspace,
    progress: Progress,
    *,
    folder: Path,
    policy_packs: Sequence[Path] = (),
    settings: Settings | None = None,
) -> Report:
    """The same for a workspace at hand."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder.resolve() / PLAN
    plan.unlink(missing_ok=True)
    before = deployment_of(workspace)
    packs = [word for pack in policy_packs for word in ("--policy-pack", str(pack.resolve()))]
    with progress.step("preview") as step:
        seen = preview(
            workspace,
            on_progress=lambda now: step.says(f"{now.done} resources"),
            options=["--save-plan", str(plan), *packs],
        )
        step.says(f"{seen.run.total} resources")
    events = events_in(workspace.events.read_text(encoding="utf-8"), "the event log")
    if not any(each.mandatory for each in events.policy):
        raise_for(seen.run, workspace)
    state = state_of(before, "the state")
    proposal = proposal_of(seen.steps, state=state, events=events)
    basis = Basis(
        state=state.mark,
        commit=commit_of(workspace.root),
        plan=hash_of(plan) if plan.exists() else "",
    )
    return report_of(proposal, basis=basis, sections=sections_of(proposal, settings))


def _settings(root: Path, stack: str) -> Settings | None:
    """What the stack file says; none where there is none of ours: only assumptions are taken."""
    try:
        return settings_of(root / stack_file_name(stack))
    except SettingsFaultError:
        return None


def written(report: Report) -> Mapping[str, str]:
    """Every file of a report, by name."""
    return {
        COMMENT: markdown(report),
        PAGE: page(report),
        REPORT: document(report),
    }


def write(report: Report, folder: Path) -> None:
    """Write all of it into `folder`."""
    rendered = written(report)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rendered.items():
        (folder / name).write_text(text, encoding="utf-8")


def summary(report: Report, folder: Path) -> str:
    """What a terminal shows: the verdict, the dangers, where the rest is."""
    lines = [f"{report.risk.name}  {', '.join(facts(report))}"]
    for danger in report.dangers[:DANGERS_SHOWN]:
        because = ", ".join(clean(fact) for fact in danger.because[:4])
        lines.append(
            f"  {danger.level.name:<8} {clean(danger.name)} {danger.says}"
            + (f": {because}" if because else "")
        )
    left = len(report.dangers) - DANGERS_SHOWN
    if left > 0:
        lines.append(f"  and {left} more")
    lines.append(f"{folder / PAGE}  {folder / COMMENT}  {folder / REPORT}")
    return "\n".join(lines) + "\n"


def _check_stack(proposal: Proposal, stack: str, name: str) -> None:
    if proposal.stack and proposal.stack != stack:
        raise SettingsFaultError(
            f"{name}: is of the stack {proposal.stack[:80]!r}, not of {stack!r}"
        )
