"""A release in the program: which slots have pods, and the hook that moves the requests."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.workload import SlotArgs, version_of
from infra.answers import Answers
from release.aws import Wiring, parts_of, way_of
from release.drive import ReleaseError, give_back
from release.drive import release as drive
from release.judge import Policy
from release.plan import Failure, Ledger, Plan, Serving, Version, plan_release
from stacks.settings import Settings
from stacks.slots import SLOTS

LOOK_SECONDS, PROBE_SECONDS = (2.0, 15.0), (0.2, 1.0)
"""Bounds of the time between looks, a sixth of a step, and between the release's own requests, a
tenth of that."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """What this update does about the version that serves."""

    plan: Plan
    slots: Sequence[SlotArgs]
    """Those with pods, the planned one first."""

    @property
    def weights(self) -> dict[str, int]:
        """Of the production rule, once the update is done."""
        return {slot: 100 if slot == self.plan.slot else 0 for slot in SLOTS}


def release_of(settings: Settings, answers: Answers) -> Release:
    """The plan and its slots; pure."""
    app, ledger = settings.app, answers.ledger
    by_iam = settings.database.auth == "iam"
    version = version_of(app, settings.release.drain_seconds, database_by_iam=by_iam)
    wanted = Version(id=version, image=app.image)
    plan = plan_release(wanted, ledger, retry=settings.release.retry)
    pods = max(app.min_replicas, answers.live_pods) if plan.releases else app.min_replicas
    planned = SlotArgs(
        slot=plan.slot,
        image=plan.version.image,
        min_replicas=pods,
        ready_seconds=settings.release.ready_seconds,
        kept=plan.refused is not None,
    )
    beside = ledger.live if plan.releases else ledger.previous
    return Release(plan=plan, slots=[planned, *_kept(settings, plan, beside)])


def begin(release: Release, ledger: Ledger, region: str) -> None:
    """Before an update touches anything: say what is not tried, and free the other slot.

    Raises `pulumi.RunError` if requests are where they should not be and cannot be moved.
    """
    plan = release.plan
    if plan.refused is not None:
        pulumi.log.warn(f"release: {_refusal(plan, plan.refused)}")
    if pulumi.runtime.is_dry_run() or ledger.route is None:
        return
    try:
        give_back(plan, ledger, way_of(ledger.route, region, _tell))
    except ReleaseError as problem:
        raise pulumi.RunError(f"release: {problem}") from problem


def hooks(
    release: Release, settings: Settings, wiring: pulumi.Output[Wiring]
) -> pulumi.ResourceHookBinding:
    """Gate, shares and bake before the production rule is made or changed."""
    policy = policy_of(settings, release.slots[0].min_replicas)

    async def bring(_: pulumi.ResourceHookArgs) -> None:
        found = await wiring.future()
        if found is None:
            raise RuntimeError("release: what the production rule needs is not known")
        parts = parts_of(found, _tell)
        # A thread of its own: the program's event loop goes on with everything else.
        await asyncio.to_thread(drive, release.plan, found.route, parts, policy)

    hook = pulumi.ResourceHook("release", bring)
    return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])


def policy_of(settings: Settings, pods: int) -> Policy:
    """How a release is watched, by the settings."""
    release = settings.release
    sixth = release.step_seconds / 6
    least_look, most_look = LOOK_SECONDS
    look = min(most_look, max(least_look, sixth))
    least_probe, most_probe = PROBE_SECONDS
    return Policy(
        step_seconds=release.step_seconds,
        bake_seconds=release.bake_seconds,
        look_seconds=look,
        probe_seconds=min(most_probe, max(least_probe, look / 10)),
        max_error_percent=release.max_error_percent,
        max_p95_seconds=release.max_p95_ms / 1000,
        pods=pods,
        ready_seconds=release.ready_seconds,
    )


def _kept(settings: Settings, plan: Plan, beside: Serving | None) -> list[SlotArgs]:
    """The other slot's pods, where the version before is kept; as they are."""
    if not settings.release.keep_previous or beside is None or beside.slot == plan.slot:
        return []
    return [
        SlotArgs(
            slot=beside.slot,
            image=beside.version.image,
            min_replicas=settings.app.min_replicas,
            ready_seconds=settings.release.ready_seconds,
            kept=True,
        )
    ]


def _tell(line: str) -> None:
    pulumi.log.info(f"release: {line}")


def _refusal(plan: Plan, failure: Failure) -> str:
    return (
        f"{failure.version.digest} is not tried again: it was rolled back at {failure.at};"
        f" {failure.reason}. {plan.slot} serves {plan.version.digest} on."
        " Give app.image another one, or set release.retry to try this one again."
    )
