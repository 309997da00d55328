"""The plot of growth: a panel a curve, medians with their ranges, the line they should stay on."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10
from statistics import median
from xml.sax.saxutils import escape

from tests.bench.growth_line import extra_percent, foretold

PANEL, GAP, MARGIN = 250, 60, 56
"""Pixels: a panel's width, between two, and left of the first."""
TOP, HEIGHT, BOTTOM = 62, 220, 62
PLOTTED = "growth_"
"""How the names of the figures begin that are in the plot."""
ALT = (
    "Seconds against resources for each kind of run: the medians and ranges at three sizes, and"
    " the straight line through the two smaller ones, drawn on to the largest"
)
# Read by whoever looks at the file alone or in a page, on white and on black.
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 14px; font-weight: 600; fill: #1f2328 }
  .value { fill: #1f2328 }
  .grid { stroke: #d0d7de } .axis { stroke: #57606a }
  .line { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4 }
  .range { stroke: #0969da; stroke-width: 2 } .median { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title, .value { fill: #f0f6fc }
    .grid { stroke: #3d444d } .axis, .line { stroke: #9198a1 }
    .range { stroke: #4493f8 } .median { fill: #4493f8 }
  }
"""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What one kind of run took: seconds a round, one for each size."""

    title: str
    sizes: Sequence[int]
    rounds: Sequence[Sequence[float]]

    @property
    def medians(self) -> list[float]:
        """Seconds, by size."""
        return [median(of_size) for of_size in self._by_size()]

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """Fewest and most seconds, by size."""
        return [(min(of_size), max(of_size)) for of_size in self._by_size()]

    def _by_size(self) -> list[tuple[float, ...]]:
        return list(zip(*self.rounds, strict=True))


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """Data to pixels."""

    left: float
    most_resources: float
    most_seconds: float

    def x(self, resources: float) -> float:
        return self.left + PANEL * resources / self.most_resources

    def y(self, seconds: float) -> float:
        return TOP + HEIGHT * (1 - seconds / self.most_seconds)


def svg(curves: Sequence[Curve]) -> str:
    """The picture as text."""
    width = MARGIN + len(curves) * (PANEL + GAP)
    height = TOP + HEIGHT + BOTTOM
    panels = [_panel(curve, MARGIN + at * (PANEL + GAP)) for at, curve in enumerate(curves)]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-labelledby="title alt">'
    )
    parts = [
        opening,
        '<title id="title">Time by number of resources</title>',
        f'<desc id="alt">{ALT}</desc>',
        f"<style>{STYLE}</style>",
        *(line for panel in panels for line in panel),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(curve: Curve, left: float) -> list[str]:
    highest = max(most for _, most in curve.ranges)
    step = round_step(highest)
    scale = _Scale(
        left=left, most_resources=curve.sizes[-1] * 1.08, most_seconds=step * ceil(highest / step)
    )
    extra = extra_percent(curve.sizes, curve.medians)
    more = f"{abs(extra):.0f} % {'more' if extra >= 0 else 'less'} a resource above"
    return [
        _text(left, TOP - 36, curve.title, "title"),
        _text(left, TOP - 18, f"{more} {curve.sizes[1]:,} than below"),
        *_axes(curve, scale, step),
        *_points(curve, scale),
    ]


def _axes(curve: Curve, scale: _Scale, step: float) -> list[str]:
    right, bottom = scale.left + PANEL, TOP + HEIGHT
    drawn: list[str] = []
    for tick in range(round(scale.most_seconds / step) + 1):
        y = scale.y(tick * step)
        drawn += [
            _line(scale.left, y, right, y, "axis" if tick == 0 else "grid"),
            _text(scale.left - 6, y + 4, f"{tick * step:g} s", anchor="end"),
        ]
    for size in curve.sizes:
        x = scale.x(size)
        drawn += [
            _line(x, bottom, x, bottom + 5, "axis"),
            _text(x, bottom + 19, f"{size:,}", anchor="middle"),
        ]
    return [*drawn, _text(scale.left + PANEL / 2, bottom + 40, "resources", anchor="middle")]


def _points(curve: Curve, scale: _Scale) -> list[str]:
    last = curve.sizes[-1]
    ends = [scale.y(foretold(curve.sizes, curve.medians, at)) for at in (0, last)]
    drawn = [_line(scale.x(0), ends[0], scale.x(last), ends[1], "line")]
    for size, middle, (least, most) in zip(curve.sizes, curve.medians, curve.ranges, strict=True):
        x, y = scale.x(size), scale.y(middle)
        # Beside the line: the last point has no room to its right, the first none to its left.
        across, down, anchor = (-9, -7, "end") if size == last else (9, 12, "start")
        drawn += [
            _line(x, scale.y(least), x, scale.y(most), "range"),
            f'<circle class="median" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
            _text(x + across, y + down, f"{middle:.2g} s", "value", anchor=anchor),
        ]
    return drawn


def round_step(highest: float) -> float:
    """Seconds between two grid lines: 1, 2 or 5 of a power of ten, for three to six lines."""
    power = 10 ** (ceil(log10(highest)) - 1)
    return next(step for step in (power / 2, power, power * 2) if highest / step <= 6)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, kind: str = "", *, anchor: str = "start") -> str:
    class_ = f' class="{kind}"' if kind else ""
    return f'<text{class_} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
