"""What the cloud has, next to what the state says: `pulumi refresh --preview-only`.

It asks the providers alone and runs no program, so what the program would change is not in it.
It takes no lock and writes no state (3.259, backend/diy: Refresh with PreviewOnly).
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stackyard.ops.engine import Advance, EngineRun, Workspace, attend, events_in

_WORDS = ("refresh", "--preview-only", "--suppress-outputs", "--suppress-progress")
SAME = "same"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One resource of the state beside what the cloud has of it; secrets marked."""

    operation: str
    """`update` where it differs, `delete` where it is gone."""
    urn: str
    type: str
    old: Mapping[str, Any]
    new: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Empty for what is gone."""
    paths: tuple[str, ...] = ()
    """Properties that differ, as far as the provider says them; what the program told the engine
    to ignore is not among them."""


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """A comparison that has ended."""

    run: EngineRun
    differences: Sequence[Compared]
    unread: Sequence[str] = ()
    """URNs of what could not be read; the run has failed if there is any."""


def compare(
    workspace: Workspace,
    *,
    on_progress: Callable[[Advance], None],
    excluded: Sequence[str] = (),
) -> Refresh:
    """Read every resource of the stack but the `excluded` URNs; only the engine's log is kept.

    The event log goes: it has what the cloud answers, and a value that nobody marked as secret
    stands there in plain.
    """
    with tempfile.TemporaryDirectory(dir=workspace.events.parent) as folder:
        own = replace(workspace, events=Path(folder) / "events.jsonl")
        without = [word for urn in excluded for word in ("--exclude", urn)]
        run = attend(own, [*_WORDS, *without], on_progress=on_progress)
        events = events_in(own.events)
        return Refresh(run=run, differences=differences_in(events), unread=unread_in(events))


def differences_in(events: Sequence[Mapping[str, Any]]) -> list[Compared]:
    """The resources that an event log of a refresh says to differ."""
    found: list[Compared] = []
    for event in events:
        step: dict[str, Any] = event.get("resOutputsEvent", {}).get("metadata", {})
        old: dict[str, Any] = step.get("old") or {}
        # What a replacement left to be deleted is nobody's to keep as it was.
        if step.get("op", SAME) == SAME or old.get("delete"):
            continue
        diff: dict[str, Any] = step.get("detailedDiff") or {}
        found.append(
            Compared(
                operation=step["op"],
                urn=step["urn"],
                type=step["type"],
                old=old,
                new=step.get("new") or {},
                paths=tuple(sorted(diff or step.get("diffs") or ())),
            )
        )
    return found


def unread_in(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """The resources that an error is about."""
    told: list[dict[str, Any]] = [event.get("diagnosticEvent", {}) for event in events]
    errors = (each for each in told if each.get("severity") == "error" and each.get("urn"))
    return sorted({str(each["urn"]) for each in errors})
