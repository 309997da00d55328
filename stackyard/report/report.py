"""A report: a change, judged; what every way of writing it down starts from."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from stackyard.errors import StackyardError
from stackyard.ops.stateful import STATEFUL
from stackyard.report import access, losses, protections, updates
from stackyard.report.blast import Blast, blasts
from stackyard.report.change import Change, Operation, PolicyResult, Proposal, StateMark
from stackyard.report.danger import Danger, Level, ranked
from stackyard.report.levers import Lever
from stackyard.report.text import clean

VERSION = 1
"""Of the JSON document; a new one where a reader of the old would go wrong."""

RULES: tuple[Callable[[Proposal], Iterator[Danger]], ...] = (
    losses.of_losses,
    losses.of_replacements,
    losses.of_deletions,
    updates.of_engines,
    updates.of_restarts,
    updates.of_weights,
    protections.of_protections,
    updates.of_secrets,
    access.of_groups,
    access.of_public,
    access.of_permissions,
)
MANY_DELETIONS = 10
"""Deletions that are more than a tidying up: to be looked at as an outage is."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What the change was worked out from; `stackyard up --plan` compares it."""

    state: StateMark | None = None
    commit: str = ""
    """Git's, with `+changes` where files differ from it; empty outside of a repository."""
    plan: str = ""
    """SHA-256 of the saved plan."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """US dollars a month."""

    low: float
    expected: float
    high: float
    before: float
    """Expected, of the stack as it is."""
    parts: tuple[tuple[str, float], ...] = ()
    """Expected, by part of the stack."""
    levers: tuple[Lever, ...] = ()
    """Ways to pay less for the same stack."""
    unpriced: tuple[str, ...] = ()
    """Types that are not in the price table."""
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Time:
    """How long the update takes, by typical times."""

    minutes: float
    path: tuple[str, ...]
    """Names on the critical path."""


@dataclass(frozen=True, kw_only=True)
class Sections:
    """What is worked out from both graphs."""

    cost: Cost | None = None
    time: Time | None = None
    svg: str = ""
    mermaid: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A change, judged."""

    project: str
    stack: str
    source: str
    risk: Level
    dangers: Sequence[Danger]
    """The worst first."""
    refused: Sequence[str]
    """URNs for which the guard of `stackyard up` wants consent."""
    blasts: Sequence[Blast]
    changes: Sequence[Change]
    """Without what stays the same."""
    policy: Sequence[PolicyResult]
    policy_seen: bool
    cut_short: bool
    """Whether the preview ended at a broken policy, before it had seen everything."""
    counts: dict[Operation, int]
    basis: Basis = field(default_factory=Basis)
    sections: Sections = field(default_factory=Sections)

    @property
    def stateful_replaced(self) -> list[str]:
        """Names of stateful or protected resources that are replaced."""
        return [d.name for d in self.dangers if d.kind == "stateful-replace"]

    @property
    def stateful_deleted(self) -> list[str]:
        """Names of stateful or protected resources that are deleted."""
        return [d.name for d in self.dangers if d.kind == "stateful-delete"]

    @property
    def violated(self) -> int:
        """Mandatory policy rules that are broken."""
        return sum(each.mandatory for each in self.policy)


def report_of(
    proposal: Proposal, *, basis: Basis | None = None, sections: Sections | None = None
) -> Report:
    """Judge a change. The same input gives the same report, whatever the order of its steps.

    Raises `StackyardError` for a preview that failed, unless a broken policy is what failed it.
    """
    if proposal.faults and not any(each.mandatory for each in proposal.policy):
        listed = "\n".join(f"  {clean(fault, 400)}" for fault in proposal.faults[:10])
        raise StackyardError(f"the preview failed, so there is nothing to report:\n{listed}")
    dangers = ranked([danger for rule in RULES for danger in rule(proposal)])
    named = {danger.urn for danger in dangers}
    changes = [
        each
        for each in proposal.changes
        # Protection taken off and a secret made plain are no step of the engine's.
        if each.operation is not Operation.SAME or each.urn in named
    ]
    counts = Counter(each.operation for each in changes if each.custom)
    return Report(
        project=proposal.project,
        stack=proposal.stack,
        source=proposal.source,
        risk=_risk(dangers, changes, counts),
        dangers=dangers,
        refused=sorted(loss.urn for loss in proposal.losses),
        blasts=blasts(proposal),
        changes=sorted(changes, key=_place),
        policy=sorted(proposal.policy, key=lambda p: (not p.mandatory, p.pack, p.rule, p.urn)),
        policy_seen=proposal.policy_seen,
        cut_short=bool(proposal.faults),
        counts={operation: counts[operation] for operation in Operation if counts[operation]},
        basis=basis or Basis(),
        sections=sections or Sections(),
    )


def _risk(
    dangers: Sequence[Danger], changes: Sequence[Change], counts: Counter[Operation]
) -> Level:
    worst = max((danger.level for danger in dangers), default=Level.NONE)
    if counts[Operation.DELETE] >= MANY_DELETIONS:
        worst = max(worst, Level.HIGH)
    return max(worst, Level.LOW if changes else Level.NONE)


def _place(change: Change) -> tuple[int, bool, str, str]:
    order = list(_WORST_FIRST)
    stateful = change.type in STATEFUL
    return order.index(change.operation), not stateful, change.component, change.urn


_WORST_FIRST = (
    Operation.REPLACE,
    Operation.DELETE,
    Operation.LET_GO,
    Operation.UPDATE,
    Operation.IMPORT,
    Operation.CREATE,
    Operation.READ,
    Operation.SAME,
)
