"""A change put together from what was read: one entry a resource, and both graphs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stackyard.errors import SettingsFaultError
from stackyard.ops.guard import losses
from stackyard.ops.preview import PreviewStep
from stackyard.report.change import Change, Operation, Proposal, name_of, node_of
from stackyard.report.graph import Graph, Node
from stackyard.report.parse import Events, State

PREVIEW = "preview"
_STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:"
_OPERATIONS = {
    "same": Operation.SAME,
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "delete": Operation.DELETE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "read": Operation.READ,
    "read-replacement": Operation.READ,
    "refresh": Operation.SAME,
    "discard": Operation.LET_GO,
    "discard-replaced": Operation.LET_GO,
    "remove-pending-replace": Operation.SAME,
    "import": Operation.IMPORT,
    "import-replacement": Operation.REPLACE,
}


def proposal_of(
    steps: Sequence[PreviewStep],
    *,
    state: State | None = None,
    events: Events | None = None,
    faults: Sequence[str] = (),
    source: str = PREVIEW,
) -> Proposal:
    """The change that these steps make.

    With a state the graphs are whole; without one they hold what the steps show. Raises
    `SettingsFaultError` where steps and state are not of one stack.
    """
    events = events or Events()
    kept = [step for step in steps if not step.type.startswith(_PROVIDER)]
    project, stack = _stack_of(steps, state)
    before = _graph(
        [each for each in (state.resources if state else ()) if not each.get("delete")]
        or [step.old for step in steps if step.old]
    )
    return Proposal(
        project=project,
        stack=stack,
        source=source,
        changes=_changes(kept, events),
        losses=losses(kept),
        is_first=(state is not None and not state.resources)
        or any(s.type == _STACK and s.operation == "create" for s in steps),
        before=before,
        after=_after(before, steps),
        policy=events.policy,
        policy_seen=events.policy_seen,
        faults=tuple(dict.fromkeys([*faults, *events.faults])),
    )


def check_plan(plan: Mapping[str, Sequence[str]], steps: Iterable[PreviewStep]) -> None:
    """Raise `SettingsFaultError` unless a saved plan does what the preview shows."""
    shown = {step.urn for step in steps if _OPERATIONS[step.operation] is not Operation.SAME}
    planned = {urn for urn, ops in plan.items() if set(ops) - {"same"}}
    differing = sorted(shown ^ planned)
    if differing:
        raise SettingsFaultError(
            f"the plan and the preview are not of one run: {len(differing)} resources are changed"
            f" by one and not by the other, first {name_of(differing[0])[:80]!r}"
        )


def _changes(steps: Sequence[PreviewStep], events: Events) -> list[Change]:
    """One change a URN, in the order of the steps."""
    seen: dict[str, list[PreviewStep]] = {}
    for step in steps:
        if step.type != _STACK:
            seen.setdefault(step.urn, []).append(step)
    return [*(_change(group, events) for group in seen.values()), *_outputs(steps, events)]


def _outputs(steps: Sequence[PreviewStep], events: Events) -> list[Change]:
    """The stack's outputs, where they differ: they are part of no step."""
    old, new = events.outputs
    urn = next((step.urn for step in steps if step.type == _STACK), "")
    if old == new or not urn:
        return []
    return [
        Change(
            operation=Operation.UPDATE,
            urn=urn,
            type=_STACK,
            name="stack outputs",
            old=old,
            new=new,
            paths=tuple(sorted(_differing(old, new))),
            custom=False,
        )
    ]


def _change(steps: Sequence[PreviewStep], events: Events) -> Change:
    operations = [_operation(step) for step in steps]
    operation = Operation.REPLACE if Operation.REPLACE in operations else operations[-1]
    if {Operation.CREATE, Operation.DELETE} <= set(operations):
        # An old one that was left pending deletion goes while a new one comes.
        operation = Operation.REPLACE
    nothing: Mapping[str, Any] = {}
    old = next((step.old for step in steps if step.old), nothing)
    new = next((step.new for step in reversed(steps) if step.new), nothing)
    state = new or old
    before, after = _inputs(old), _inputs(new)
    order = events.order.get(steps[0].urn) or [step.operation for step in steps]
    diff = {path for step in steps for path in step.changed}
    return Change(
        operation=operation,
        urn=steps[0].urn,
        type=steps[0].type,
        name=name_of(steps[0].urn),
        old=before if operation is not Operation.CREATE else {},
        new=after if operation is not Operation.DELETE else {},
        paths=tuple(sorted(diff or _differing(before, after)))
        if operation in (Operation.UPDATE, Operation.REPLACE)
        else (),
        forced_by=tuple(sorted({path for step in steps for path in step.forced_by})),
        was_protected=bool(old.get("protect")),
        is_protected=bool(new.get("protect")),
        deletes_first=_deletes_first(operation, order),
        component=_component(state),
        custom=bool(state.get("custom", True)),
    )


def _operation(step: PreviewStep) -> Operation:
    operation = _OPERATIONS[step.operation]
    kept = step.old.get("external") or step.old.get("retainOnDelete")
    return Operation.LET_GO if kept and operation is Operation.DELETE else operation


def _deletes_first(operation: Operation, order: Sequence[str]) -> bool:
    if operation is not Operation.REPLACE or "delete-replaced" not in order:
        return False
    made = [at for at, op in enumerate(order) if op in ("create-replacement", "create")]
    return bool(made) and order.index("delete-replaced") < made[0]


def _inputs(state: Mapping[str, Any]) -> dict[str, Any]:
    if not state:
        return {}
    return dict(node_of(state).inputs)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    keys = {key for key in old.keys() | new.keys() if not key.startswith("__")}
    return {key for key in keys if old.get(key) != new.get(key)}


def _component(state: Mapping[str, Any]) -> str:
    parent = str(state.get("parent") or "")
    return "" if f"::{_STACK}::" in parent else name_of(parent) if parent else ""


def _graph(states: Iterable[Mapping[str, Any]]) -> Graph:
    nodes = (node_of(each) for each in states)
    return {node.urn: node for node in nodes if _drawn(node)}


def _after(before: Graph, steps: Iterable[PreviewStep]) -> Graph:
    after = dict(before)
    for step in steps:
        if _operation(step) in (Operation.DELETE, Operation.LET_GO):
            after.pop(step.urn, None)
        elif step.new and _drawn(node := node_of(step.new)):
            after[step.urn] = node
    return after


def _drawn(node: Node) -> bool:
    return node.type != _STACK


def _stack_of(steps: Sequence[PreviewStep], state: State | None) -> tuple[str, str]:
    """Project and stack by the URNs: `urn:pulumi:<stack>::<project>::…`."""
    urns = [step.urn for step in steps]
    urns += [str(each["urn"]) for each in state.resources] if state else []
    found = {tuple(urn.removeprefix("urn:pulumi:").split("::", 2)[1::-1]) for urn in urns}
    if len(found) > 1:
        names = ", ".join(sorted("/".join(each)[:60] for each in found)[:4])
        raise SettingsFaultError(f"preview and state are not of one stack: {names}")
    project, stack = next(iter(found), ("", ""))
    return project, stack
