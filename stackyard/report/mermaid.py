"""The same picture as Mermaid, which GitHub draws in a comment."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from stackyard.report.graph import Graph
from stackyard.report.picture import SIGNS
from stackyard.report.places import LANE_TITLES, LANES
from stackyard.report.tiers import USERS, Box, Tiers, tiers

_PLAIN = frozenset(" ,.:/·×–−±~+()-_%")
_COLOURS = {
    "create": "stroke:#137333,stroke-width:3px",
    "update": "stroke:#b26a00,stroke-width:3px",
    "replace": "stroke:#d93025,stroke-width:3px",
    "delete": "stroke:#d93025,stroke-width:3px,stroke-dasharray:6 4",
}
_LINE_LENGTH = 60


def mermaid(before: Graph, after: Graph, replaced: AbstractSet[str] = frozenset()) -> str:
    """The change from one graph to another; the same graph twice shows the stack as it stands."""
    return "\n".join(_lines(tiers(before, after, replaced))) + "\n"


def _lines(model: Tiers) -> Iterator[str]:
    yield "flowchart LR"
    if any(flow.source == USERS for flow in model.flows):
        yield f"  {USERS}((Users))"
    for lane in (*LANES, "foundation"):
        boxes = [box for box in model.boxes if box.place.lane == lane]
        if boxes:
            yield f"  subgraph lane_{lane} [{LANE_TITLES[lane]}]"
            yield from (f'    {box.place.key}["{_label(box)}"]' for box in boxes)
            yield "  end"
    for flow in model.flows:
        arrow = "-.->" if flow.idle else "-->"
        label = f'|"{_escaped(flow.label)}"|' if flow.label else ""
        yield f"  {flow.source} {arrow}{label} {flow.target}"
    used = {box.operation for box in model.boxes}
    yield from (f"  classDef {name} {look}" for name, look in _COLOURS.items() if name in used)
    for name in _COLOURS:
        keys = [box.place.key for box in model.boxes if box.operation == name]
        if keys:
            yield f"  class {','.join(keys)} {name}"


def _label(box: Box) -> str:
    changes = " ".join(f"{SIGNS[kind]}{number}" for kind, number in box.changes.items())
    lock = " (holds data)" if box.loses_data else ""
    lines = [box.place.title, *box.details, *([changes + lock] if changes else [])]
    return "<br/>".join(_escaped(line[:_LINE_LENGTH]) for line in lines)


def _escaped(text: str) -> str:
    """Every sign that could mean something to Mermaid, HTML or Markdown as its number."""
    return "".join(
        sign if sign.isalnum() or sign in _PLAIN else f"#{ord(sign)};"
        for sign in text
        if sign.isprintable()
    )
