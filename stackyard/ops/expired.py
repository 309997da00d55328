"""`stackyard pr expired`: review stacks whose hours are over, and their end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stacks.review import FILE, is_review, stack_of
from stackyard.errors import StackyardError
from stackyard.ops import review
from stackyard.ops.command import workspace_here
from stackyard.ops.faults import ask
from stackyard.progress import Progress
from stackyard.stack_files import settings_of

TTL_TAG = "ttl-hours"
"""As infra/providers.py writes it on everything."""
_PROVIDER = "pulumi:providers:aws"


@dataclass(frozen=True, kw_only=True)
class Expired:
    """A review stack whose hours are over."""

    number: int
    """Of its pull request."""
    hours: int
    """How long it was meant to be after its last update."""
    since: datetime
    """When they were over."""


def expired(root: Path, now: datetime) -> list[Expired]:
    """Of the review stacks in the backend those whose hours are over, by number.

    The hours are those of the stack's own last update, else those of the shared file: a pull
    request may say otherwise. Raises `StackyardError`.
    """
    shared = settings_of(root / FILE).env.ttl_hours
    workspace = workspace_here(root, stack_of(FILE))
    stacks: list[dict[str, Any]] = json.loads(ask(workspace, ["stack", "ls", "--json"]))
    found: list[Expired] = []
    for name in (str(each["name"]).rpartition("/")[2] for each in stacks):
        if not is_review(name):
            continue
        state = json.loads(ask(workspace, ["stack", "export", "--stack", name]))
        over = _over(state["deployment"], shared)
        if over is not None and over[1] <= now:
            number = int(name.removeprefix("pr-"))
            found.append(Expired(number=number, hours=over[0], since=over[1]))
    return sorted(found, key=lambda each: each.number)


def end(root: Path, ended: Sequence[Expired], progress: Progress) -> None:
    """Delete each with all that it has; one that cannot go does not keep the others.

    Raises `StackyardError` that names those that are still there.
    """
    left: list[str] = []
    for each in ended:
        try:
            review.down(root, each.number, progress)
        except StackyardError as problem:
            progress.line(f"pr-{each.number}: {problem}")
            left.append(f"pr-{each.number}")
    if left:
        raise StackyardError(
            f"still there: {', '.join(left)}; the reason stands above. Mend it, then run the same"
            " command again"
        )


def _over(deployment: Mapping[str, Any], shared: int | None) -> tuple[int, datetime] | None:
    """The hours of a stack and when they are over; None for one that is meant to stay."""
    manifest: dict[str, Any] = deployment.get("manifest") or {}
    written = manifest.get("time")
    hours = _hours(deployment) or shared
    if not written or hours is None:
        return None
    return hours, datetime.fromisoformat(str(written)).astimezone(UTC) + timedelta(hours=hours)


def _hours(deployment: Mapping[str, Any]) -> int | None:
    """What the provider that made the stack writes on everything."""
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    for each in resources:
        inputs: dict[str, Any] = each.get("inputs") or {}
        if each["type"] == _PROVIDER and TTL_TAG in (tags := _tags(inputs.get("defaultTags"))):
            return int(tags[TTL_TAG])
    return None


def _tags(given: Any) -> Mapping[str, str]:
    # Of a provider the engine keeps nested inputs as JSON texts.
    nested: dict[str, Any] = (json.loads(given) if isinstance(given, str) else given) or {}
    tags: dict[str, str] = nested.get("tags") or {}
    return tags
