"""What an update would do: the steps of `pulumi preview`, and whether there is anything to do."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackyard.ops.engine import Advance, EngineRun, Workspace, attend, events_in

JsonObject = Mapping[str, Any]

SAME = "same"
_ROOT = "pulumi:pulumi:Stack"
_KEPT = (
    "urn",
    "type",
    "custom",
    "provider",
    "parent",
    "protect",
    "retainOnDelete",
    "deletedWith",
    "replaceWith",
    "customTimeouts",
    "inputs",
    "dependencies",
    "resourceHooks",
    "replacementTrigger",
)
"""What the engine writes into the state for a step `same` that differs in it (snapshot.go,
`mustWrite`), without outputs, which a preview does not know."""


@dataclass(frozen=True, kw_only=True)
class PreviewStep:
    """One step on one resource; `old` and `new` as the state has resources, secrets masked."""

    operation: str
    urn: str
    old: JsonObject = field(default_factory=dict[str, Any])
    new: JsonObject = field(default_factory=dict[str, Any])
    forced_by: tuple[str, ...] = ()
    """Paths of the properties whose change makes a replacement of it."""
    changed: tuple[str, ...] = ()
    """Paths of all properties that differ, as far as the provider says them."""

    @property
    def type(self) -> str:
        """The resource's type, `aws:rds/cluster:Cluster`."""
        return str((self.old or self.new).get("type", ""))


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A preview that has ended."""

    run: EngineRun
    steps: Sequence[PreviewStep]
    changes_nothing: bool
    """Whether an update would leave cloud and state as they are."""


def preview(
    workspace: Workspace,
    *,
    on_progress: Callable[[Advance], None],
    options: Sequence[str] = (),
) -> Preview:
    """Run a preview that also shows what protection would stop; `options` go to the CLI.

    A change of options or dependencies alone is a step `same` that the state has to learn: the
    steps' two states are compared as the engine compares them, so that an update is left out
    only where it would write nothing. Not seen is a secret stack output whose value alone
    changes; the program exports none.
    """
    with tempfile.TemporaryFile() as answer:
        run = attend(
            workspace,
            ["preview", "--json", "--show-sames", "--ignore-protect", *options],
            on_progress=on_progress,
            stdout=answer,
        )
        answer.seek(0)
        steps = steps_in(answer.read().decode())
    outputs = _outputs_change(events_in(workspace.events))
    nothing = bool(steps) and not outputs and not any(map(_writes, steps))
    return Preview(run=run, steps=steps, changes_nothing=nothing)


def steps_in(text: str) -> list[PreviewStep]:
    """The steps of a preview's JSON; none where the engine ended before it wrote any."""
    if not text.strip():
        return []
    digest: dict[str, Any] = json.loads(text)
    given: list[dict[str, Any]] = digest.get("steps") or []
    return [
        PreviewStep(
            operation=each["op"],
            urn=each["urn"],
            old=each.get("oldState") or {},
            new=each.get("newState") or {},
            forced_by=_forced_by(each),
            changed=tuple(sorted(each.get("detailedDiff") or each.get("diffReasons") or ())),
        )
        for each in given
    ]


def _forced_by(step: Mapping[str, Any]) -> tuple[str, ...]:
    diff: dict[str, dict[str, Any]] = step.get("detailedDiff") or {}
    paths = [path for path, change in diff.items() if str(change["kind"]).endswith("-replace")]
    return tuple(sorted(paths or step.get("replaceReasons") or ()))


def _writes(step: PreviewStep) -> bool:
    return step.operation != SAME or any(_of(step.old, key) != _of(step.new, key) for key in _KEPT)


def _of(state: JsonObject, key: str) -> object:
    """A field, none and empty as one; the order of dependencies says nothing."""
    value = state.get(key) or None
    return sorted(value) if key == "dependencies" and value else value


def _outputs_change(events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the stack's outputs differ: they are part of no step, the last event has them."""
    for event in reversed(events):
        metadata: dict[str, Any] = event.get("resOutputsEvent", {}).get("metadata", {})
        if metadata.get("type") == _ROOT:
            old: dict[str, Any] = metadata.get("old") or {}
            new: dict[str, Any] = metadata.get("new") or {}
            return (old.get("outputs") or {}) != (new.get("outputs") or {})
    return True
