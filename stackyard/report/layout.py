"""Where everything of a picture stands: fixed lanes, boxes stacked in them, lines between."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackyard.report.places import LANES, Lane
from stackyard.report.tiers import USERS, Box, Flow, Tiers

MARGIN, GUTTER, GAP = 16, 50, 18
"""Pixels: round everything, between lanes, between boxes of a lane."""
BOX_WIDTH, USERS_WIDTH = 188, 60
PAD, TITLE_SIZE, TEXT_SIZE, LINE = 10, 13, 11.5, 17
"""Inside a box: its padding, font sizes, and a line of details."""
HEAD = 26
"""Height of a lane's title."""
CHANNEL = 16
"""Room above the boxes for lines that pass over a lane."""
LEGEND = 30
_ROW = 4
"""Boxes side by side in the foundation."""


@dataclass(frozen=True, kw_only=True)
class Rect:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2

    def overlaps(self, other: "Rect") -> bool:
        """Whether both cover a place."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def holds(self, other: "Rect") -> bool:
        """Whether the other lies wholly inside."""
        return (
            self.x <= other.x
            and other.right <= self.right
            and self.y <= other.y
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True, kw_only=True)
class Line:
    """A flow as a path of SVG, and where its label stands."""

    flow: Flow
    path: str
    label_x: float
    label_y: float


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A picture's geometry."""

    width: float
    height: float
    lanes: Mapping[Lane, Rect]
    boxes: Mapping[str, Rect]
    """By the key of the place; `users` too where anybody comes in."""
    lines: Sequence[Line]


def laid_out(tiers: Tiers) -> Layout:
    """The geometry of a picture; the same for the same boxes and lines."""
    stacks: dict[Lane, list[Box]] = {
        lane: [b for b in tiers.boxes if b.place.lane == lane] for lane in LANES
    }
    present: list[Lane] = [lane for lane in LANES if stacks[lane]]
    tall = max((_stacked(stacks[lane]) for lane in present), default=0)
    top = MARGIN
    below = top + HEAD + CHANNEL + tall + PAD
    entered = any(flow.source == USERS for flow in tiers.flows)
    x = float(MARGIN + (USERS_WIDTH + GUTTER if entered else 0))
    lanes: dict[Lane, Rect] = {}
    boxes: dict[str, Rect] = {}
    for lane in present:
        width = BOX_WIDTH + 2 * PAD
        lanes[lane] = Rect(x=x, y=top, width=width, height=below - top)
        y = top + HEAD + CHANNEL + (tall - _stacked(stacks[lane])) / 2
        for box in stacks[lane]:
            height = height_of(box)
            boxes[box.place.key] = Rect(x=x + PAD, y=y, width=BOX_WIDTH, height=height)
            y += height + GAP
        x += width + GUTTER
    width = max(x - GUTTER + MARGIN, MARGIN * 2 + 2 * PAD + BOX_WIDTH * 2 + GAP)
    if entered:
        middle = top + HEAD + CHANNEL + tall / 2
        boxes[USERS] = Rect(x=MARGIN, y=middle - 30, width=USERS_WIDTH, height=60)
    foundation = [box for box in tiers.boxes if box.place.lane == "foundation"]
    bottom = below
    if foundation:
        lanes["foundation"] = _foundation(foundation, below + GAP, width, boxes)
        bottom = lanes["foundation"].bottom
    lines = [_line(flow, boxes, lanes, top + HEAD + CHANNEL / 2) for flow in tiers.flows]
    return Layout(
        width=width, height=bottom + LEGEND + MARGIN, lanes=lanes, boxes=boxes, lines=lines
    )


def height_of(box: Box) -> float:
    """Title, details, and the line with the number of resources."""
    return PAD + LINE * (2 + len(box.details)) + PAD


def _stacked(boxes: Sequence[Box]) -> float:
    return sum(map(height_of, boxes)) + GAP * (len(boxes) - 1)


def _foundation(found: Sequence[Box], top: float, picture: float, boxes: dict[str, Rect]) -> Rect:
    """Rows of boxes below the lanes, as wide as the picture; adds each to `boxes`."""
    width = picture - 2 * MARGIN
    in_row = min(_ROW, len(found), int((width - 2 * PAD + GAP) // (BOX_WIDTH + GAP)))
    each = (width - 2 * PAD - GAP * (in_row - 1)) / in_row
    y = top + HEAD + PAD
    for first in range(0, len(found), in_row):
        row = found[first : first + in_row]
        height = max(map(height_of, row))
        for place, box in enumerate(row):
            boxes[box.place.key] = Rect(
                x=MARGIN + PAD + place * (each + GAP), y=y, width=each, height=height
            )
        y += height + GAP
    return Rect(x=MARGIN, y=top, width=width, height=y - GAP + PAD - top)


def _line(
    flow: Flow, boxes: Mapping[str, Rect], lanes: Mapping[Lane, Rect], channel: float
) -> Line:
    source, target = boxes[flow.source], boxes[flow.target]
    if source.x == target.x:
        return _within(flow, source, target, boxes)
    between = [r for r in lanes.values() if source.right < r.x and r.right < target.x]
    start, end = source.middle, target.middle
    if between:
        path = _over(source, target, channel)
    else:
        half = (target.x - source.right) / 2
        path = (
            f"M{source.right:g} {start:g}C{source.right + half:g} {start:g} "
            f"{target.x - half:g} {end:g} {target.x:g} {end:g}"
        )
    return Line(flow=flow, path=path, label_x=target.x - 10, label_y=end - 6)


def _within(flow: Flow, source: Rect, target: Rect, boxes: Mapping[str, Rect]) -> Line:
    """In one lane: straight to the neighbour, round the others on the right."""
    upper, lower = sorted((source, target), key=lambda rect: rect.y)
    passed = any(rect.x == source.x and upper.y < rect.y < lower.y for rect in boxes.values())
    if not passed:
        x = source.x + source.width / 2
        start, end = (source.bottom, target.y) if source.y < target.y else (source.y, target.bottom)
        return Line(
            flow=flow, path=f"M{x:g} {start:g}V{end:g}", label_x=x - 6, label_y=(start + end) / 2
        )
    start, end = source.middle, target.middle
    out = source.right + PAD + 18
    path = f"M{source.right:g} {start:g}C{out:g} {start:g} {out:g} {end:g} {target.right:g} {end:g}"
    return Line(flow=flow, path=path, label_x=out, label_y=(start + end) / 2)


def _over(source: Rect, target: Rect, channel: float) -> str:
    """Over the lanes between, above their boxes."""
    up, down = source.right + PAD + 14, target.x - PAD - 14
    return (
        f"M{source.right:g} {source.middle:g}H{up:g}V{channel:g}H{down:g}"
        f"V{target.middle:g}H{target.x:g}"
    )
