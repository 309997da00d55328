"""What a stack costs a month: low, expected and high, by part, with all that is not priced."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stacks.settings import Settings
from stackyard.report.cost_items import ITEMS
from stackyard.report.free_types import is_free
from stackyard.report.graph import Graph, Node
from stackyard.report.prices import PriceTable, price_table
from stackyard.report.usage import BUSY, Amount, Asked, Usage

_CENT = Decimal("0.01")
LEFT_OUT = (
    "data between zones and to the internet past CloudFront, snapshots beyond the database's size,"
    " free allowances, support and tax"
)
"""Known parts of a bill that no resource stands for."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One kind of cost of one part."""

    part: str
    """The component's name."""
    what: str
    low: Decimal
    """USD a month with nobody there and everything at its smallest."""
    expected: Decimal
    """With the requests that `cost` in the stack file names."""
    high: Decimal
    """With three times of them and everything at its largest."""
    reservable: bool = False
    """Hours of instances, which AWS sells for less to who commits to them."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """USD a month; the sums are those of the lines."""

    low: Decimal
    expected: Decimal
    high: Decimal
    lines: Sequence[Line]
    unpriced: Sequence[str]
    """Types of resources, some with a size, that nobody here knows the price of."""
    assumptions: Sequence[str]

    def by_part(self) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
        """Low, expected and high of each part, the dearest first."""
        sums: dict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            sums[line.part].append(line)
        parts = {part: _sums(lines) for part, lines in sums.items()}
        return dict(sorted(parts.items(), key=lambda item: (-item[1][1], item[0])))


def cost(graph: Graph, usage: Usage, table: PriceTable | None = None) -> Cost:
    """The cost of all that a graph holds, by the table in the repository if none is given."""
    prices = table or price_table()
    asked = Asked(graph=graph, usage=usage, prices=prices)
    lines: list[Line] = []
    unpriced: set[str] = set()
    for node in sorted(graph.values(), key=lambda node: node.urn):
        item = ITEMS.get(node.type)
        if item is None:
            if not is_free(node):
                unpriced.add(node.type)
            continue
        for amount in item(node, asked):
            line = _line(node, graph, amount, prices)
            if line is None:
                unpriced.add(f"{node.type} ({amount.key})")
            else:
                lines.append(line)
    merged = _merged(lines)
    low, expected, high = _sums(merged)
    return Cost(
        low=low,
        expected=expected,
        high=high,
        lines=merged,
        unpriced=sorted(unpriced),
        assumptions=_assumptions(usage, prices),
    )


def usage_of(settings: Settings) -> Usage:
    """The assumptions that a stack file names."""
    return Usage(region=settings.env.region, **settings.cost.model_dump())


def _line(node: Node, graph: Graph, amount: Amount, prices: PriceTable) -> Line | None:
    price = prices.prices.get(amount.key)
    if price is None:
        return None
    low, expected, high = (
        (price.usd * Decimal(str(number)) * amount.factor).quantize(_CENT)
        for number in (amount.low, amount.expected, amount.high)
    )
    return Line(
        part=part_of(node, graph),
        what=amount.what,
        low=low,
        expected=expected,
        high=high,
        reservable=amount.reservable,
    )


def part_of(node: Node, graph: Graph) -> str:
    """The name of the outermost component that a resource belongs to."""
    part = node
    while part.parent is not None and part.parent in graph:
        part = graph[part.parent]
    return part.name if not part.custom else "other"


def _merged(lines: Iterable[Line]) -> list[Line]:
    """One line for each kind of a part."""
    found: dict[tuple[str, str, bool], list[Line]] = defaultdict(list)
    for line in lines:
        found[(line.part, line.what, line.reservable)].append(line)
    return [
        Line(
            part=part,
            what=what,
            low=_sums(same)[0],
            expected=_sums(same)[1],
            high=_sums(same)[2],
            reservable=reservable,
        )
        for (part, what, reservable), same in sorted(found.items())
    ]


def _sums(lines: Iterable[Line]) -> tuple[Decimal, Decimal, Decimal]:
    listed = list(lines)
    zero = Decimal("0.00")
    return (
        sum((line.low for line in listed), zero),
        sum((line.expected for line in listed), zero),
        sum((line.high for line in listed), zero),
    )


def _assumptions(usage: Usage, prices: PriceTable) -> list[str]:
    oldest, newest = prices.dates
    elsewhere = (
        [f"the stack stands in {usage.region}; these are the prices of {prices.region}"]
        if usage.region != prices.region
        else []
    )
    requests = f"{usage.monthly_requests:,} requests a month of {usage.response_kib:g} KiB"
    return [
        *elsewhere,
        f"on-demand prices of {prices.region}, from {oldest} to {newest}",
        f"{requests}; low none, high {BUSY} times as many",
        f"autoscaled parts stand {usage.load_percent:g} % of the way up on average",
        f"{usage.database_gib:g} GiB in the database, {usage.log_gib:g} GiB of logs a month",
        f"not counted: {LEFT_OUT}",
    ]
