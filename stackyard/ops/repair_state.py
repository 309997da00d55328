"""An exported state: the operations whose end it does not know, and the state without them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

JsonObject = dict[str, Any]

CREATING, UNREAD = "creating", "importing"


@dataclass(frozen=True, kw_only=True)
class PendingOperation:
    """An operation that began and whose end the state does not know."""

    type: str
    """`creating`, `updating`, `deleting`, `reading` or `importing`."""
    resource: JsonObject
    """As the state has it: secrets encrypted, no id of what was still being created."""

    @property
    def urn(self) -> str:
        """Of the resource."""
        return str(self.resource["urn"])


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """A resource whose creation was cut off and that goes into the state."""

    resource: JsonObject
    id: str


def resources_of(state: JsonObject) -> list[JsonObject]:
    """All resources of an exported state."""
    return state["deployment"].get("resources") or []


def pending_in(state: JsonObject) -> list[PendingOperation]:
    """The engine's own, and resources that an unfinished repair has put in and not yet read."""
    pending: list[JsonObject] = state["deployment"].get("pending_operations") or []
    unread = [r for r in resources_of(state) if _unread(r)]
    return [
        *(PendingOperation(type=entry["type"], resource=entry["resource"]) for entry in pending),
        *(PendingOperation(type=UNREAD, resource=resource) for resource in unread),
    ]


def _unread(resource: JsonObject) -> bool:
    made = resource.get("custom") and resource.get("id")
    return bool(made) and "outputs" not in resource and not _is_provider(resource)


def _is_provider(resource: JsonObject) -> bool:
    return str(resource["type"]).startswith("pulumi:providers:")


def without_pending(state: JsonObject, adopted: Sequence[Adopted]) -> JsonObject:
    """The state with what is adopted, and with no pending operation."""
    resources = resources_of(state)
    for each in adopted:
        resources = _with(resources, each)
    kept = {k: v for k, v in state["deployment"].items() if k != "pending_operations"}
    return {**state, "deployment": {**kept, "resources": resources}}


def _with(resources: list[JsonObject], adopted: Adopted) -> list[JsonObject]:
    # Without outputs: the provider then takes the id as one to import by.
    entry = {k: v for k, v in adopted.resource.items() if k not in {"outputs", "id"}}
    entry["id"] = adopted.id
    replaced = [r["urn"] == entry["urn"] and bool(r.get("pendingReplacement")) for r in resources]
    if any(replaced):
        return [entry if old else r for r, old in zip(resources, replaced, strict=True)]
    if has_live(resources, str(entry["urn"])):
        # Which of the two others are built upon, only the one in the state says.
        entry["delete"] = True
    return [*resources, entry]


def has_live(resources: Sequence[JsonObject], urn: str) -> bool:
    """Whether the state has the resource, other than for its end."""
    ending = ("delete", "pendingReplacement")
    return any(r["urn"] == urn and not any(r.get(e) for e in ending) for r in resources)


def as_object(value: Any) -> JsonObject:
    """A JSON object as such; an empty one for anything else."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A JSON list as such; an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []
