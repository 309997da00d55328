"""A change worked out with no engine, cloud or account: the recorded graph beside a state's copy.

For a pull request from a fork, which gets no credentials. What only AWS knows cannot be compared,
and counts as the same unless what it comes from is replaced.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.local.aws.replacements import replacing
from stackyard.ops.preview import PreviewStep
from stackyard.report.change import SECRET, UNKNOWN, holds_secret, holds_unknown, masked
from stackyard.report.graph import Graph, Node
from stackyard.report.parse import State
from stackyard.report.shapes import items, mapping

SOURCE = "the recorded graph against an exported state: no credentials, no provider was asked"
_STACK, _PROVIDER = "pulumi:pulumi:Stack", "pulumi:providers:"
_COMPUTED = ("tagsAll",)
"""Inputs that a provider fills in itself."""
_ASSET = "c44067f5952c0a294b673a41bacd8c17"


def steps_between(state: State, program: Graph) -> list[PreviewStep]:
    """The steps that would bring the state to what the program registers."""
    before = {
        str(each["urn"]): each
        for each in state.resources
        if not each.get("delete") and _is_compared(str(each.get("type", "")))
    }
    replaced: set[str] = set()
    steps: list[PreviewStep] = []
    for urn, node in program.items():
        if not _is_compared(node.type):
            continue
        step = _step(node, before.get(urn), replaced)
        if step.operation == "replace":
            replaced.add(urn)
        steps.append(step)
    gone = (old for urn, old in before.items() if urn not in program)
    return [
        *steps,
        *(PreviewStep(operation="delete", urn=str(old["urn"]), old=old) for old in gone),
    ]


def _is_compared(type_: str) -> bool:
    return type_ != _STACK and not type_.startswith(_PROVIDER)


def _step(node: Node, old: Mapping[str, Any] | None, replaced: set[str]) -> PreviewStep:
    new: dict[str, Any] = {
        "urn": node.urn,
        "type": node.type,
        "custom": node.custom,
        "parent": node.parent,
        "inputs": node.inputs,
        "dependencies": sorted(node.dependencies),
    }
    if old is None:
        return PreviewStep(operation="create", urn=node.urn, new=new)
    # What the program does not say is what the provider filled in at the last update.
    inputs = mapping(masked(old.get("inputs")))
    moved = _moved(old, replaced)
    changed = tuple(sorted(_changed(node, inputs, moved)))
    kept = {key: value for key, value in inputs.items() if key not in node.inputs}
    new["inputs"] = {
        **{key: value for key, value in kept.items() if key not in changed},
        **{
            key: inputs[key]
            if holds_unknown(value) and key in inputs and key not in changed
            else value
            for key, value in node.inputs.items()
        },
    }
    new["protect"] = old.get("protect", False)
    if not changed:
        return PreviewStep(operation="same", urn=node.urn, old=old, new=new)
    forced = _forcing(node, inputs, _renewed(new["inputs"], moved), changed)
    return PreviewStep(
        operation="replace" if forced else "update",
        urn=node.urn,
        old=old,
        new=new,
        changed=changed,
        forced_by=forced,
    )


def _moved(old: Mapping[str, Any], replaced: set[str]) -> set[str]:
    """Properties whose value comes from what is replaced."""
    waits = mapping(old.get("propertyDependencies"))
    return {key for key, urns in waits.items() if replaced & set(map(str, items(urns)))}


def _changed(node: Node, old: Mapping[str, Any], moved: set[str]) -> Iterator[str]:
    filled = {*map(str, items(old.get("__defaults"))), *_COMPUTED}
    for key in old.keys() | node.inputs.keys():
        if key.startswith("__"):
            continue
        if key not in node.inputs:
            named = isinstance(old[key], str) and old[key].startswith(f"{node.name}-")
            if key not in filled and not named:
                yield key
        elif key in moved or not _same(old.get(key), node.inputs[key]):
            yield key


def _renewed(inputs: Mapping[str, Any], moved: set[str]) -> dict[str, Any]:
    """The same, but what comes from what is replaced differs, where neither side is known too."""
    return {key: _another(value) if key in moved else value for key, value in inputs.items()}


def _another(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _another(inner) for key, inner in mapping(value).items()}
    if isinstance(value, list):
        return [_another(inner) for inner in items(value)]
    return f"another {value}" if isinstance(value, str) and UNKNOWN in value else value


def _forcing(
    node: Node, old: Mapping[str, Any], new: Mapping[str, Any], changed: tuple[str, ...]
) -> tuple[str, ...]:
    """Of what changed, what forces a replacement; by CloudFormation's schemas for AWS."""
    if node.type.startswith("random:"):
        return changed
    if not node.type.startswith("aws:"):
        return ()
    return tuple(sorted(replacing(node.type, dict(old), dict(new)) & set(changed)))


def _same(old: Any, new: Any) -> bool:
    if new == UNKNOWN:
        return True
    if old == SECRET:
        return holds_secret(new) or holds_unknown(new)
    if isinstance(new, dict) and isinstance(old, dict):
        return _same_objects(mapping(old), mapping(new))
    if isinstance(new, list) and isinstance(old, list):
        given, listed = items(old), items(new)
        return len(given) == len(listed) and all(map(_same, given, listed))
    if isinstance(new, str) and isinstance(old, str) and old != new:
        return holds_unknown(new) or _same_documents(old, new)
    return bool(old == new)


def _same_objects(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if _ASSET in new:
        # Files are named from other folders; what is in them says whether they differ.
        return old.get("hash") == new.get("hash") or "hash" not in new
    filled = set(map(str, items(old.get("__defaults"))))
    keys = {key for key in old.keys() | new.keys() if not key.startswith("__")} - filled
    return all(_same(old.get(key), new.get(key)) for key in keys)


def _same_documents(old: str, new: str) -> bool:
    """Whether both are the same JSON, however it is written."""
    if not (old.startswith(("{", "[")) and new.startswith(("{", "["))):
        return False
    try:
        return bool(json.loads(old) == json.loads(new))
    except json.JSONDecodeError:
        return False
