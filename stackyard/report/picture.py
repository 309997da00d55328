"""The picture of a stack and of a change to it, as SVG of its own: the same bytes every time."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from html import escape

from stackyard.report.change import Operation
from stackyard.report.differences import OPERATIONS
from stackyard.report.graph import Graph
from stackyard.report.layout import (
    LINE,
    MARGIN,
    PAD,
    TEXT_SIZE,
    TITLE_SIZE,
    Layout,
    Line,
    Rect,
    laid_out,
)
from stackyard.report.places import LANE_TITLES
from stackyard.report.text_width import fitted, width_of
from stackyard.report.tiers import USERS, Box, Tiers, tiers

SIGNS = {
    Operation.DELETE: "−",
    Operation.REPLACE: "±",
    Operation.UPDATE: "~",
    Operation.CREATE: "+",
}
_NAMES_SHOWN, _NAME_LENGTH = 12, 60
_FONT = "Helvetica,Arial,'Liberation Sans',sans-serif"
_STYLE = """\
.pic{--back:#fff;--lane:#f4f6f8;--box:#fff;--edge:#8b98a5;--ink:#16202a;--soft:#51606e;\
--create:#137333;--update:#8a5300;--replace:#b3261e;--delete:#b3261e}
@media (prefers-color-scheme:dark){.pic{--back:#0d1117;--lane:#161b22;--box:#1f2630;--edge:#768390;\
--ink:#e6edf3;--soft:#a3b1bf;--create:#56d364;--update:#e3b341;--replace:#ff7b72;--delete:#ff7b72}}
.pic text{font-family:FONT;fill:var(--ink)}
.pic .soft{fill:var(--soft)}
.pic .label{fill:var(--soft);stroke:var(--back);stroke-width:4;paint-order:stroke}
.pic .lane{fill:var(--lane)}
.pic .box{fill:var(--box);stroke:var(--edge)}
.pic .create .box{stroke:var(--create);stroke-width:2.5}
.pic .update .box{stroke:var(--update);stroke-width:2.5}
.pic .replace .box{stroke:var(--replace);stroke-width:2.5}
.pic .delete .box{stroke:var(--delete);stroke-width:2.5;stroke-dasharray:6 4}
.pic .n-create{fill:var(--create)}.pic .n-update{fill:var(--update)}
.pic .n-replace{fill:var(--replace)}.pic .n-delete{fill:var(--delete)}
.pic .lock{fill:var(--replace)}
.pic .line{fill:none;stroke:var(--edge);stroke-width:1.6;marker-end:url(#pic-arrow)}
.pic .idle{stroke-dasharray:4 4}
.pic .arrow{fill:var(--edge)}
.pic .user{fill:none;stroke:var(--soft);stroke-width:1.8}
""".replace("FONT", _FONT)
_ATTRIBUTES = 'class="pic" role="img" aria-labelledby="pic-title pic-words"'
_ARROW = (
    '<defs><marker id="pic-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
    ' markerHeight="7" orient="auto"><path class="arrow" d="M0 0L8 4L0 8z"/></marker></defs>'
)


def svg(before: Graph, after: Graph, replaced: AbstractSet[str] = frozenset()) -> str:
    """The change from one graph to another; the same graph twice shows the stack as it stands."""
    return drawn(tiers(before, after, replaced))


def drawn(model: Tiers) -> str:
    """The picture of a model."""
    layout = laid_out(model)
    width, height = f"{layout.width:g}", f"{layout.height:g}"
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {_ATTRIBUTES} {size}>',
        '<title id="pic-title">Architecture</title>',
        f'<desc id="pic-words">{_words(model)}</desc>',
        f"<style>{_STYLE}</style>",
        _ARROW,
        f'<rect width="{width}" height="{height}" fill="var(--back)"/>',
        *_lanes(layout),
        *(_line(line) for line in layout.lines),
        *(part for box in model.boxes for part in _box(box, layout.boxes[box.place.key])),
        *_users(layout),
        *_legend(model, layout),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def text_of(value: str) -> str:
    """For XML: no markup, no control characters, which XML 1.0 has no way to write."""
    kept = "".join(sign if sign.isprintable() else " " for sign in value)
    return escape(kept, quote=True)


def _words(model: Tiers) -> str:
    """The picture for those who do not see it."""
    said = [
        f"{box.place.title} ({', '.join((*box.details, _resources(box), *_changes_said(box)))})"
        for box in model.boxes
    ]
    return text_of("; ".join(said))


def _changes_said(box: Box) -> list[str]:
    return [f"{operation} {number}" for operation, number in box.changes.items()]


def _resources(box: Box) -> str:
    return f"{box.resources} resource{'' if box.resources == 1 else 's'}"


def _lanes(layout: Layout) -> Iterator[str]:
    for lane, rect in layout.lanes.items():
        yield f'<rect class="lane" {_place(rect)} rx="10"/>'
        yield _text(rect.x + PAD + 2, rect.y + 18, LANE_TITLES[lane].upper(), 10.5, "soft")


def _line(line: Line) -> str:
    idle = " idle" if line.flow.idle else ""
    drawing = f'<path class="line{idle}" d="{line.path}"/>'
    if not line.flow.label:
        return drawing
    label = _text(line.label_x, line.label_y, line.flow.label, 11, "label", anchor="end")
    return drawing + label


def _box(box: Box, rect: Rect) -> Iterator[str]:
    yield f'<g class="{box.operation or "same"}"><title>{_tooltip(box)}</title>'
    yield f'<rect class="box" {_place(rect)} rx="7"/>'
    room = rect.width - 2 * PAD
    x, y = rect.x + PAD, rect.y + PAD + TITLE_SIZE - 1
    title_room = room - (16 if box.loses_data else 0)
    title = fitted(box.place.title, title_room, TITLE_SIZE, bold=True)
    yield _text(x, y, title, TITLE_SIZE, bold=True)
    if box.loses_data:
        yield _lock(rect.right - PAD - 11, rect.y + PAD)
    for line in box.details:
        y += LINE
        yield _text(x, y, fitted(line, room, TEXT_SIZE), TEXT_SIZE)
    y += LINE
    badges = _badges(box)
    taken = sum(width_of(text, TEXT_SIZE, bold=True) + 7 for text, _ in badges)
    yield _text(x, y, fitted(_resources(box), room - taken, TEXT_SIZE), TEXT_SIZE, "soft")
    right = rect.right - PAD
    for text, operation in reversed(badges):
        yield _text(right, y, text, TEXT_SIZE, f"n-{operation}", bold=True, anchor="end")
        right -= width_of(text, TEXT_SIZE, bold=True) + 7
    yield "</g>"


def _badges(box: Box) -> list[tuple[str, Operation]]:
    return [(f"{SIGNS[operation]}{number}", operation) for operation, number in box.changes.items()]


def _tooltip(box: Box) -> str:
    shown = [name[:_NAME_LENGTH] for name in box.changed[:_NAMES_SHOWN]]
    more = len(box.changed) - len(shown)
    listed = ", ".join(shown) + (f" and {more} more" if more else "")
    loses = "; what holds data is replaced or deleted" if box.loses_data else ""
    changes = f": {', '.join(_changes_said(box))}: {listed}{loses}" if box.changed else ""
    return text_of(f"{box.place.title}, {_resources(box)}{changes}")


def _lock(x: float, y: float) -> str:
    return (
        f'<path class="lock" transform="translate({x:g} {y:g})"'
        ' d="M1.5 5V3.5a4 4 0 0 1 8 0V5H11v7.5H0V5zm1.8 0h4.4V3.5a2.2 2.2 0 0 0-4.4 0z"/>'
    )


def _users(layout: Layout) -> Sequence[str]:
    rect = layout.boxes.get(USERS)
    if rect is None:
        return ()
    x, y = rect.x + rect.width / 2, rect.y + 16
    return (
        f'<circle class="user" cx="{x:g}" cy="{y:g}" r="8"/>',
        f'<path class="user" d="M{x - 15:g} {y + 27:g}a15 15 0 0 1 30 0z"/>',
        _text(x, y + 44, "Users", 12, anchor="middle"),
    )


def _legend(model: Tiers, layout: Layout) -> Iterator[str]:
    """What the signs mean, with the numbers of the whole change; nothing where none changes."""
    x, y = float(MARGIN + 2), layout.height - MARGIN - 4
    for operation in reversed(OPERATIONS):
        number = model.changes.get(operation, 0)
        if number:
            text = f"{SIGNS[operation]}{number} {operation}"
            yield _text(x, y, text, 12, f"n-{operation}", bold=True)
            x += width_of(text, 12, bold=True) + 20
    if any(box.loses_data for box in model.boxes):
        yield _lock(x, y - 11)
        yield _text(x + 17, y, "what holds data is replaced or deleted", 12, "soft")
    elif not model.changes:
        total = sum(box.resources for box in model.boxes)
        yield _text(x, y, f"{total} resources", 12, "soft")


def _place(rect: Rect) -> str:
    return f'x="{rect.x:g}" y="{rect.y:g}" width="{rect.width:g}" height="{rect.height:g}"'


def _text(  # noqa: PLR0913  # a text has that many attributes
    x: float,
    y: float,
    text: str,
    size: float,
    kind: str = "",
    *,
    bold: bool = False,
    anchor: str = "",
) -> str:
    attributes = [f'x="{x:g}"', f'y="{y:g}"', f'font-size="{size:g}"']
    if kind:
        attributes.append(f'class="{kind}"')
    if bold:
        attributes.append('font-weight="700"')
    if anchor:
        attributes.append(f'text-anchor="{anchor}"')
    return f"<text {' '.join(attributes)}>{text_of(text)}</text>"
