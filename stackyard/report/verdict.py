"""The verdict in one line, the words of each danger, and the exit code that goes with the risk."""

from collections.abc import Iterator

from stackyard.report.change import Operation
from stackyard.report.danger import Danger, Level
from stackyard.report.levers import Lever
from stackyard.report.report import Report

EXIT_CODES = {Level.NONE: 0, Level.LOW: 0, Level.MEDIUM: 10, Level.HIGH: 11, Level.CRITICAL: 6}
"""By risk; 6 is what `stackyard up` ends with where its guard refuses the change."""
POLICY_EXIT_CODE = 3


def exit_code(report: Report) -> int:
    """3 for a broken mandatory policy, else by risk."""
    return POLICY_EXIT_CODE if report.violated else EXIT_CODES[report.risk]


def accepts(report: Report, risk: str | None) -> bool:
    """Whether somebody who accepts a risk, by its name, accepts this change."""
    return risk is not None and not report.violated and report.risk <= Level[risk.upper()]


def facts(report: Report) -> list[str]:
    """The verdict after its risk, fact by fact; names are the program's and not escaped."""
    counts, cost, time = report.counts, report.sections.cost, report.sections.time
    words = [
        f"replaces {counts.get(Operation.REPLACE, 0)}{_stateful(report.stateful_replaced)}",
        f"updates {counts.get(Operation.UPDATE, 0)}",
        f"creates {counts.get(Operation.CREATE, 0)}",
        f"deletes {counts.get(Operation.DELETE, 0)}{_stateful(report.stateful_deleted)}",
    ]
    if counts.get(Operation.IMPORT):
        words.append(f"imports {counts[Operation.IMPORT]}")
    if counts.get(Operation.LET_GO):
        words.append(f"lets go of {counts[Operation.LET_GO]}")
    if cost is not None:
        words.append(f"${cost.expected:,.0f} a month ({dollars(cost.expected - cost.before)})")
    if time is not None:
        words.append(duration_words(time.minutes))
    words.append(f"policy: {policy_words(report)}")
    return words


def policy_words(report: Report) -> str:
    """What the policy packs said, in a few words."""
    if report.violated:
        return f"{report.violated} violated"
    advisory = len(report.policy)
    if advisory:
        return f"{advisory} advisory"
    return "passed" if report.policy_seen else "not run"


def dollars(amount: float) -> str:
    """A difference in US dollars."""
    if abs(amount) < 0.005:
        return "no change"
    return f"{'+' if amount >= 0 else '-'}${abs(amount):,.2f}"


def saving(lever: Lever) -> str:
    """What a way to pay less comes to, in a few words."""
    if lever.applied:
        return "in place already"
    amount = f"${abs(lever.saves):,.2f}"
    return f"saves {amount}" if lever.saves >= 0 else f"costs {amount} more"


def spoken(danger: Danger) -> Iterator[tuple[str, str]]:
    """What a reader is told of a danger below its first line: a word and its text."""
    if danger.downtime:
        yield "users notice", danger.downtime
    if danger.instead:
        yield "safer", danger.instead


def duration_words(minutes: float) -> str:
    """How long it takes, as well as it is known."""
    return f"about {minutes:.0f} min" if minutes >= 1 else "under a minute"


def _stateful(names: list[str]) -> str:
    return f" ({len(names)} stateful)" if names else ""
