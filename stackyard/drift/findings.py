"""What was found outside of a stack: what drifted, and what only looks so."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stackyard.ops.stateful import STATEFUL

DRIFTED = 8
"""Exit code of the command where anything drifted."""


class Kind(StrEnum):
    """What happened to a resource, the gravest first."""

    GONE = "gone"
    ADDED = "added"
    """Something that no resource of the stack stands for was added to it."""
    CHANGED = "changed"


_KINDS = list(Kind)


@dataclass(frozen=True, kw_only=True)
class Property:
    """A property that is not as the state has it; both values as they may be shown, or neither."""

    path: str
    old: str | None = None
    new: str | None = None

    @property
    def text(self) -> str:
        """`path: old → new`, or that it changed where the values are secret or long."""
        if self.old is None or self.new is None:
            return f"{self.path} changed"
        return f"{self.path}: {self.old} → {self.new}"


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One resource that is not as the state has it."""

    kind: Kind
    urn: str
    type: str
    name: str
    properties: Sequence[Property] = ()
    """What changed; empty where the provider does not say it, and for what is gone."""
    added: str = ""
    """What was added, with the id to take it away by."""

    @property
    def facts(self) -> list[str]:
        """What there is to say of it, one text each."""
        if self.kind is Kind.ADDED:
            return [f"added: {self.added}"]
        if self.kind is Kind.GONE:
            lost = STATEFUL.get(self.type)
            return [f"gone, with {lost}" if lost else "gone"]
        return [each.text for each in self.properties] or ["changed"]


@dataclass(frozen=True, kw_only=True)
class SetApart:
    """A resource that is not judged, and why: it differs for a good reason, or was not read."""

    urn: str
    name: str
    because: str


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that was found of one stack."""

    project: str
    stack: str
    resources: int
    """How many were looked at."""
    drifts: Sequence[Drift]
    set_apart: Sequence[SetApart] = ()

    @property
    def exit_code(self) -> int:
        """The command's."""
        return DRIFTED if self.drifts else 0


def ranked(drifts: Sequence[Drift]) -> list[Drift]:
    """The gravest first: what held data, then what is gone, then what was added."""
    return sorted(
        drifts,
        key=lambda each: (
            each.kind is not Kind.GONE or each.type not in STATEFUL,
            _KINDS.index(each.kind),
            each.urn,
            each.added,
        ),
    )
