"""What a change would do, resource by resource, whatever file it was read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stackyard.ops.guard import Loss
from stackyard.report.graph import Graph, Node
from stackyard.report.shapes import items, mapping

JsonObject = Mapping[str, Any]

SECRET = "[secret]"  # noqa: S105  # what the engine prints in a secret's place
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for a value that only an update will know."""
_SIGNATURE, _SECRET_MARK = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


class Operation(StrEnum):
    """What happens to one resource, all of the engine's steps on it as one."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    LET_GO = "let go"
    """Out of the state, not deleted: external or `retainOnDelete`."""
    READ = "read"
    SAME = "same"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource and what happens to it."""

    operation: Operation
    urn: str
    type: str
    name: str
    old: JsonObject = field(default_factory=dict[str, Any])
    """Inputs before, secrets masked; empty for a creation."""
    new: JsonObject = field(default_factory=dict[str, Any])
    """Inputs after; empty for a deletion."""
    paths: tuple[str, ...] = ()
    """Properties that differ, as the provider names them."""
    forced_by: tuple[str, ...] = ()
    """Those of them that force a replacement."""
    was_protected: bool = False
    is_protected: bool = False
    deletes_first: bool = False
    """A replacement that is made only after the old one is gone."""
    component: str = ""
    """The name of what holds it; empty at the top of the stack."""
    custom: bool = True
    """False for a component, which is nothing by itself."""


@dataclass(frozen=True, kw_only=True)
class PolicyResult:
    """A rule of a policy pack that a resource broke."""

    pack: str
    rule: str
    message: str
    mandatory: bool
    urn: str = ""


@dataclass(frozen=True, kw_only=True)
class StateMark:
    """Which state a change was worked out against."""

    serial: str
    """When it was written last, as the state itself says; empty before the first update."""
    hash: str
    """SHA-256 of its resources, secrets left out: they are encrypted anew at each export."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A change as it was read, not judged yet."""

    project: str
    stack: str
    source: str
    """Where it comes from: a preview, or the recorded graph against an exported state."""
    changes: Sequence[Change]
    losses: Sequence[Loss]
    """What the guard of `stackyard up` would refuse."""
    is_first: bool
    """Whether the stack is deployed for the first time."""
    before: Graph
    after: Graph
    policy: Sequence[PolicyResult] = ()
    policy_seen: bool = False
    """Whether policy packs ran: an event log says so, a preview's JSON alone does not."""
    faults: Sequence[str] = ()
    """Errors that the engine gave."""


def masked(value: Any) -> Any:
    """A value of the state as the engine prints it: secrets replaced."""
    if isinstance(value, list):
        return [masked(inner) for inner in items(value)]
    if not isinstance(value, dict):
        return value
    entries = mapping(value)
    if entries.get(_SIGNATURE) == _SECRET_MARK:
        return SECRET
    return {key: masked(inner) for key, inner in entries.items()}


def holds_secret(value: Any) -> bool:
    """Whether something in it is secret."""
    if isinstance(value, dict | list):
        return any(map(holds_secret, [*mapping(value).values(), *items(value)]))
    return isinstance(value, str) and SECRET in value


def holds_unknown(value: Any) -> bool:
    """Whether something in it is known only when the update runs."""
    if isinstance(value, dict | list):
        return any(map(holds_unknown, [*mapping(value).values(), *items(value)]))
    return isinstance(value, str) and UNKNOWN in value


def name_of(urn: str) -> str:
    """The logical name at the end of a URN."""
    return urn.split("::", 3)[-1]


def node_of(state: JsonObject) -> Node:
    """A resource of a state or a preview as the graph has it."""
    waits: set[str] = set(items(state.get("dependencies")))
    for urns in mapping(state.get("propertyDependencies")).values():
        waits.update(items(urns))
    if state.get("deletedWith"):
        waits.add(state["deletedWith"])
    if state.get("provider"):
        # As `<urn>::<id>`; what is in a cluster waits for it by its provider alone.
        waits.add(str(state["provider"]).rpartition("::")[0])
    urn = str(state["urn"])
    return Node(
        urn=urn,
        type=str(state.get("type", "")),
        name=name_of(urn),
        inputs=mapping(masked(state.get("inputs"))),
        dependencies=frozenset(waits),
        parent=state.get("parent") or None,
        custom=bool(state.get("custom", True)),
    )
