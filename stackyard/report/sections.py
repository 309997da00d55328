"""What is worked out from the graphs before and after a change: cost, time and picture."""

from stacks.settings import ReleaseSettings, Settings
from stackyard.report.change import Operation, Proposal
from stackyard.report.cost import cost, usage_of
from stackyard.report.duration import duration
from stackyard.report.levers import levers
from stackyard.report.mermaid import mermaid
from stackyard.report.picture import svg
from stackyard.report.report import Cost, Sections, Time
from stackyard.report.usage import Usage

STEPS_WATCHED = 3
"""Shares of the requests that a release watches, `release.stepSeconds` each."""


def sections_of(proposal: Proposal, settings: Settings | None = None) -> Sections:
    """All of them; where there is no stack file, its defaults."""
    watch = settings.release if settings else ReleaseSettings()
    minutes = (STEPS_WATCHED * watch.step_seconds + watch.bake_seconds) / 60
    usage = usage_of(settings) if settings else Usage()
    before, after = proposal.before, proposal.after
    replaced = {change.urn for change in proposal.changes if change.operation is Operation.REPLACE}
    taken = duration(before, after, replaced, watched_minutes=minutes)
    return Sections(
        cost=_cost(proposal, usage),
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
        levers=tuple(levers(proposal.after, usage)) if proposal.after else (),
        unpriced=tuple(then.unpriced),
        assumptions=tuple(then.assumptions),
    )
