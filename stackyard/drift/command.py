"""`stackyard drift`: state and cloud compared, what only looks like drift set apart."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from release.aws import ledger_of
from release.ledger import LedgerError
from release.plan import Ledger
from stacks.review import stack_file_name
from stackyard.drift import secrets
from stackyard.drift.added import added
from stackyard.drift.changed import drift_of
from stackyard.drift.findings import Drift, Findings, SetApart, ranked
from stackyard.drift.releasing import released
from stackyard.errors import LockedError, StackyardError
from stackyard.ops.command import checked
from stackyard.ops.engine import Workspace
from stackyard.ops.faults import raise_for
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.refresh import Compared, Refresh, compare
from stackyard.ops.repair_state import pending_in
from stackyard.ops.run import deployment_of
from stackyard.progress import Progress
from stackyard.report.change import name_of
from stackyard.report.shapes import items, mapping
from stackyard.stack_files import settings_of

_PROVIDER = "pulumi:providers:"


def drift(root: Path, stack: str, progress: Progress) -> Findings:
    """Look at what the stack has, with the credentials of its account."""
    workspace = checked(root, stack, progress)
    region = settings_of(root / stack_file_name(stack)).env.region
    return of_workspace(workspace, progress, region=region)


def of_workspace(workspace: Workspace, progress: Progress, *, region: str) -> Findings:
    """The same for a workspace at hand.

    Raises `StackyardError` for a stack that does not stand, `LockedError` where another command
    changes it meanwhile: what that one does would look like drift.
    """
    before = deployment_of(workspace)
    found = map(mapping, items(before.get("resources")))
    resources = [each for each in found if _is_looked_at(each)]
    if not resources:
        raise StackyardError(
            f"the stack {workspace.stack} does not stand: its state has no resource, so nothing"
            f" can drift; bring it up: stackyard up {workspace.stack}"
        )
    seen, forbidden = _compared(workspace, resources, progress)
    with progress.step("added") as step:
        more = _asked_of_aws(resources, workspace)
        step.says("security-group rules, policies of roles, versions of secrets")
    if _mark(deployment_of(workspace)) != _mark(before):
        raise LockedError(
            f"another command changed the stack {workspace.stack} while it was looked at; look"
            " again when it has ended"
        )
    drifts, apart = _told_apart(seen.differences, before, _Ledger(workspace.stack, region))
    return Findings(
        project=str(resources[0]["urn"]).split("::")[1],
        stack=workspace.stack,
        resources=len(resources),
        drifts=ranked([*drifts, *more]),
        set_apart=(*apart, *map(_forbidden, forbidden)),
    )


def _compared(
    workspace: Workspace, resources: Sequence[Mapping[str, Any]], progress: Progress
) -> tuple[Refresh, Sequence[str]]:
    """The comparison, and the Kubernetes objects that it had to leave out.

    Who looks for drift need not be one who may read them all, Secrets above all: where nothing
    else fails than that, the rest is compared without them.
    """
    types = {str(each["urn"]): str(each["type"]) for each in resources}
    versions = secrets.versions(resources)
    with progress.step("refresh") as step:

        def compared(excluded: Sequence[str]) -> Refresh:
            return compare(
                workspace,
                on_progress=lambda now: step.says(f"{now.done} resources"),
                excluded=excluded,
            )

        refused: list[str] = []
        seen = compared(versions)
        # The engine ends with the first answer that fails it, so one look may not tell of all.
        while more := _refused(seen, types).difference(refused):
            refused += sorted(more)
            seen = compared([*versions, *refused])
        step.says(f"{len(resources)} resources compared")
    raise_for(seen.run, workspace)
    return seen, refused


def _refused(seen: Refresh, types: Mapping[str, str]) -> frozenset[str]:
    """What of Kubernetes the credentials may not read, if that alone is why the engine ended."""
    in_cluster = all(types.get(urn, "").startswith("kubernetes:") for urn in seen.unread)
    return frozenset(seen.unread if in_cluster and "forbidden" in seen.run.said.lower() else ())


def _forbidden(urn: str) -> SetApart:
    return SetApart(
        urn=urn,
        name=name_of(urn),
        because="not compared: these credentials may not read it",
    )


class _Ledger:
    """The releases' ledger, asked once and only when it is needed."""

    def __init__(self, stack: str, region: str) -> None:
        self._stack, self._region = stack, region
        self._said: Ledger | None = None

    def __call__(self) -> Ledger:
        if self._said is None:
            try:
                self._said = ledger_of(self._stack, self._region).read()
            except (LedgerError, BotoCoreError, ClientError) as problem:
                raise StackyardError(
                    f"whether a release is under way cannot be told: {problem}"
                ) from problem
        return self._said


def _told_apart(
    differences: Sequence[Compared], deployment: Mapping[str, Any], ledger: _Ledger
) -> tuple[list[Drift], list[SetApart]]:
    pending = {each.urn: each.type for each in pending_in({"deployment": dict(deployment)})}
    drifts: list[Drift] = []
    apart: list[SetApart] = []
    for each in differences:
        own = _under_way(each, pending) or released(each, ledger)
        if own is None:
            drifts.append(drift_of(each))
        else:
            apart.append(own)
    return drifts, apart


def _under_way(compared: Compared, pending: Mapping[str, str]) -> SetApart | None:
    """What a run is at, or what a killed one was at: the state does not know its end yet."""
    if compared.urn not in pending:
        return None
    return SetApart(
        urn=compared.urn,
        name=name_of(compared.urn),
        because=f"a run is {pending[compared.urn]} it, or was killed at that: stackyard repair",
    )


def _asked_of_aws(resources: Sequence[Mapping[str, Any]], workspace: Workspace) -> list[Drift]:
    """What the engine's comparison cannot find, or would have to read a secret for."""

    def reach(region: str) -> Aws:
        return Aws(workspace.variables, region)

    try:
        return [*added(resources, reach), *secrets.changed(resources, reach)]
    except (BotoCoreError, ClientError) as problem:
        raise StackyardError(
            f"what was changed beside the stack's own resources cannot be listed: {problem}"
        ) from problem


def _is_looked_at(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("custom")) and not str(resource["type"]).startswith(_PROVIDER)


def _mark(deployment: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """When the state was written last, and what a run is at."""
    pending = pending_in({"deployment": dict(deployment)})
    written = mapping(deployment.get("manifest")).get("time")
    return written, sorted(f"{each.type} {each.urn}" for each in pending)
