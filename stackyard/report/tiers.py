"""The model of a picture: tiers with what stands in them, what flows between them, what changes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from stacks.slots import SLOTS
from stackyard.ops.stateful import STATEFUL
from stackyard.report.box_details import details
from stackyard.report.change import Operation
from stackyard.report.differences import OPERATIONS, differences
from stackyard.report.graph import Graph, Node
from stackyard.report.places import PLACES, Place, place_of
from stackyard.report.shapes import items, mapping, number

USERS = "users"
RULE = "aws:lb/listenerRule:ListenerRule"
_WHOLE = (Operation.CREATE, Operation.DELETE)


@dataclass(frozen=True, kw_only=True)
class Box:
    """A tier: a place with the resources that stand in it."""

    place: Place
    details: Sequence[str]
    """What it is made of, a line each."""
    resources: int
    changes: Mapping[Operation, int]
    """Resources by what becomes of them; those that stay are left out."""
    changed: Sequence[str] = ()
    """Names of the resources that change, the gravest change first."""
    loses_data: bool = False
    """Whether something that holds data is replaced or deleted."""
    operation: Operation | None = None
    """What becomes of it as a whole; none where nothing changes."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Requests from one box (or `users`) to another."""

    source: str
    target: str
    label: str = ""
    idle: bool = False
    """Nothing flows now."""


@dataclass(frozen=True, kw_only=True)
class Tiers:
    """A whole picture."""

    boxes: Sequence[Box]
    """In the order of `PLACES`; a place without resources has none."""
    flows: Sequence[Flow]
    changes: Mapping[Operation, int] = field(default_factory=dict[Operation, int])
    """Of all boxes together."""


def tiers(before: Graph, after: Graph, replaced: AbstractSet[str] = frozenset()) -> Tiers:
    """The model of a change; the same graph twice gives the stack as it stands."""
    graph = {**before, **after}
    operations = differences(before, after, replaced)
    standing: dict[str, list[Node]] = {place.key: [] for place in PLACES}
    for urn in sorted(graph):
        key = place_of(graph[urn], graph)
        if key is not None:
            standing[key].append(graph[urn])
    boxes = [
        _box(place, standing[place.key], after, operations)
        for place in PLACES
        if standing[place.key]
    ]
    return Tiers(
        boxes=boxes,
        flows=list(_flows(graph, standing, after or before)),
        changes=_summed(box.changes for box in boxes),
    )


def _box(
    place: Place, nodes: Sequence[Node], after: Graph, operations: Mapping[str, Operation]
) -> Box:
    changed = sorted(
        (OPERATIONS.index(operations[node.urn]), node.name)
        for node in nodes
        if node.urn in operations
    )
    counts: Counter[Operation] = Counter(OPERATIONS[rank] for rank, _ in changed)
    lost = any(
        node.type in STATEFUL and operations.get(node.urn) in {Operation.REPLACE, Operation.DELETE}
        for node in nodes
    )
    remaining = [node for node in nodes if node.urn in after]
    return Box(
        place=place,
        details=details(place.key, remaining or nodes),
        resources=len(nodes),
        changes={operation: counts[operation] for operation in OPERATIONS if counts[operation]},
        changed=[name for _, name in changed],
        loses_data=lost,
        operation=_operation(counts, len(nodes), loses_data=lost),
    )


def _operation(counts: Counter[Operation], nodes: int, *, loses_data: bool) -> Operation | None:
    """A box is made or deleted if all of it is; a lost part that has data counts for the whole."""
    if not counts:
        return None
    for whole in _WHOLE:
        if counts[whole] == nodes:
            return whole
    replaced = counts[Operation.REPLACE] or loses_data
    return Operation.REPLACE if replaced else Operation.UPDATE


def _summed(counts: Iterable[Mapping[Operation, int]]) -> dict[Operation, int]:
    total: Counter[Operation] = Counter()
    for each in counts:
        total.update(each)
    return {operation: total[operation] for operation in OPERATIONS if total[operation]}


_DECLARED = (
    ("cdn", "waf", None),
    ("cdn", "site", None),
    ("cdn", "gateway", None),
    ("cdn", "balancer", None),
    ("gateway", "functions", None),
    ("gateway", "balancer", None),
    ("balancer", "blue", None),
    ("balancer", "green", None),
    ("blue", "proxy", None),
    ("green", "proxy", None),
    ("blue", "writer", None),
    ("green", "writer", None),
    ("blue", "readers", "writer"),
    ("green", "readers", "writer"),
    ("blue", "cache", None),
    ("green", "cache", None),
    ("jobs", "writer", None),
    ("proxy", "writer", None),
    ("proxy", "readers", "writer"),
)
"""Who calls whom, and the box whose connection shows it (readers are named by their cluster). A
line is drawn where the graph has the connection, so a stack without a proxy shows none."""
_ENTRANCES = ("cdn", "gateway", "balancer")
"""Where users come in, unless another of them calls it for them."""
_BEHIND_PROXY = {(slot, tier) for slot in ("blue", "green") for tier in ("writer", "readers")}


def _flows(graph: Graph, standing: Mapping[str, Sequence[Node]], now: Graph) -> Iterator[Flow]:
    """The declared flows between boxes that are there and connected."""
    reached = {key: _reach(graph, nodes) for key, nodes in standing.items()}
    own = {key: {node.urn for node in nodes} for key, nodes in standing.items()}
    called = {
        target for source, target, _ in _DECLARED if own[source] and own[target] & reached[source]
    }
    for key in _ENTRANCES:
        if own[key] and key not in called and not any(map(_is_internal, standing[key])):
            yield Flow(source=USERS, target=key)
    weights = _weights(now)
    for source, target, shown_by in _DECLARED:
        through = shown_by or target
        connected = own[through] & reached[source] or own[source] & reached[through]
        if not own[target] or not connected:
            continue
        if (source, target) in _BEHIND_PROXY and own["proxy"]:
            continue
        weight = weights.get(target) if source == "balancer" else None
        yield Flow(
            source=source,
            target=target,
            label="" if weight is None else f"{weight:g} %",
            idle=weight == 0,
        )


def _is_internal(node: Node) -> bool:
    return bool(node.inputs.get("internal"))


def _reach(graph: Graph, nodes: Iterable[Node]) -> set[str]:
    """What the nodes wait for, near and far."""
    reached: set[str] = set()
    ahead = [urn for node in nodes for urn in node.dependencies]
    while ahead:
        urn = ahead.pop()
        if urn not in reached and urn in graph:
            reached.add(urn)
            ahead.extend(graph[urn].dependencies)
    return reached


def _weights(graph: Graph) -> dict[str, float]:
    """Of each slot, by the production rule: the one that forwards to more than one group."""
    for node in graph.values():
        groups = _group_weights(node.inputs) if node.type == RULE else []
        if len(groups) > 1:
            return dict(zip(SLOTS, groups, strict=False))
    return {}


def _group_weights(inputs: Mapping[str, Any]) -> list[float]:
    """The weights of a rule's groups; the program gives them in the order of the slots."""
    forwards = [mapping(mapping(action).get("forward")) for action in items(inputs.get("actions"))]
    groups = [mapping(group) for each in forwards for group in items(each.get("targetGroups"))]
    weights = [number(group.get("weight")) for group in groups]
    return [weight for weight in weights if weight is not None]
