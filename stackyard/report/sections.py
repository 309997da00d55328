"""What is worked out from the graphs before and after a change: cost, time and picture."""

from stackyard.report.change import Operation, Proposal
from stackyard.report.cost import cost
from stackyard.report.duration import duration
from stackyard.report.mermaid import mermaid
from stackyard.report.picture import svg
from stackyard.report.report import Cost, Sections, Time
from stackyard.report.usage import Usage


def sections_of(proposal: Proposal, usage: Usage | None = None) -> Sections:
    """All of them; the default usage where no stack file says what it is."""
    before, after = proposal.before, proposal.after
    replaced = {change.urn for change in proposal.changes if change.operation is Operation.REPLACE}
    taken = duration(before, after, replaced)
    return Sections(
        cost=_cost(proposal, usage or Usage()),
        time=Time(minutes=round(taken.minutes, 2), path=taken.path),
        svg=svg(before, after, replaced),
        mermaid=mermaid(before, after, replaced),
    )


def _cost(proposal: Proposal, usage: Usage) -> Cost:
    now, then = (cost(graph, usage) for graph in (proposal.before, proposal.after))
    parts = then.by_part()
    return Cost(
        low=float(then.low),
        expected=float(then.expected),
        high=float(then.high),
        before=float(now.expected),
        parts=tuple((part, float(expected)) for part, (_, expected, _) in parts.items()),
        unpriced=tuple(then.unpriced),
        assumptions=tuple(then.assumptions),
    )
