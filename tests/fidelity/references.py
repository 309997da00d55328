"""References: what looks like a thing of the stack has to name one, and to wait for it.

A literal that happens to be right carries no dependency edge: the engine may make the two in any
order, and a replacement of the one leaves the other with the old name.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache, cached_property

from stackyard.graph.arns import ACCOUNT
from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg, is_custom
from stackyard.local.aws import cloudformation
from stackyard.local.aws.kept import KINDS
from stackyard.local.aws.names import norm
from stackyard.local.aws.table import TABLE
from tests.fidelity.finding import Finding, named
from tests.fidelity.mapping import target
from tests.fidelity.unknown import STAND_IN, leaves

RANDOM = "random:index/randomId:RandomId"
LITERAL = re.compile(
    r"^((vpc|subnet|sg|igw|nat|rtb|eipalloc|vpce|lt|eni|acl)-[0-9a-f]{8,17}"
    rf"|arn:aws:(?!iam:)[a-z0-9-]+:[a-z0-9-]*:{ACCOUNT}:.+)$"
)
"""Ids and ARNs of the stack's own account. People of the account are named by their roles' ARNs."""


class References:
    """Which resources a text names, by their ids, ARNs, names and other answers.

    What the settings give, an ARN of a topic say, is a thing that no resource here makes.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._given = {text for value in graph.config.values() for text in _given(value)}
        self._named_by: dict[str, set[str]] = defaultdict(set)
        for reg in graph.values():
            for text in _identities(reg):
                self._named_by[text].add(reg.urn)

    def kinds(self, reg: Reg, text: str) -> set[str]:
        """CloudFormation's types of what a value of `reg` names and waits for."""
        urns = self._named_by.get(text, set()) & self.waits_for(reg.urn)
        regs = [self.graph[urn] for urn in urns]
        # An answer that is no id (a cluster's security group) names another thing than its owner.
        whole = [one for one in regs if text in _own_names(one)]
        found = [target(one.type) for one in whole if one.type.startswith("aws:")]
        return {one.type for one in found if one is not None}

    def waits_for(self, urn: str) -> AbstractSet[str]:
        """All that is made before a resource, at any distance."""
        return self._before[urn]

    @cached_property
    def _before(self) -> dict[str, set[str]]:
        before: dict[str, set[str]] = {}
        # Registered in the order of their dependencies: what is waited for came first.
        for urn, reg in self.graph.items():
            direct = set(reg.depends).union(*reg.property_deps.values(), [reg.provider])
            before[urn] = direct.union(*(before.get(one, set()) for one in direct))
        return before

    def problems(self, reg: Reg) -> Iterator[Finding]:
        """References of one resource that name nothing, or that it does not wait for."""
        for name, value in reg.inputs.items():
            for text in leaves(value):
                for says in self._of(reg, text):
                    yield Finding(resource=named(reg), place=name, says=says)

    def _of(self, reg: Reg, text: str) -> Iterator[str]:
        if not _looks_like_ours(text) or text in self._given:
            return
        if STAND_IN.search(text) is None and text not in self._named_by:
            yield f"{text!r} is written by hand and names nothing in the stack"
            return
        spans = self._spans(text)
        for mark in STAND_IN.finditer(text):
            if not any(start <= mark.start() and mark.end() <= end for start, end, _ in spans):
                yield f"{_around(text, mark.start())!r} names nothing in the stack"
        for start, end, urns in spans:
            if not self._may_name(reg, text[start:end], urns, whole=end - start == len(text)):
                names = " or ".join(sorted(named(self.graph[urn]) for urn in urns))
                yield f"{text[start:end]!r} names {names} without waiting for it"

    def _may_name(self, reg: Reg, text: str, urns: set[str], *, whole: bool) -> bool:
        known = self.waits_for(reg.urn)
        if text in _given_names(reg):
            return True
        others = {urn for urn in urns - {reg.urn} if self.graph[urn].type != RANDOM}
        if known & (others or urns):
            return True
        # A name made with a RandomId, for what has to be called so before the thing itself is.
        return not whole and any(
            self.graph[urn].type == RANDOM and STAND_IN.search(text)
            for urn in known
            if urn in self.graph
        )

    def _spans(self, text: str) -> list[tuple[int, int, set[str]]]:
        """The longest names that occur in a text, none inside another."""
        if text in self._named_by:
            return [(0, len(text), self._named_by[text])]
        found = [
            (at, at + len(name), urns)
            for name, urns in self._named_by.items()
            if name in text
            for at in _occurrences(name, text)
        ]
        found.sort(key=lambda span: span[0] - span[1])
        longest: list[tuple[int, int, set[str]]] = []
        for start, end, urns in found:
            if not any(start < other_end and other < end for other, other_end, _ in longest):
                longest.append((start, end, urns))
        return longest


def _given(value: str) -> Iterator[str]:
    try:
        yield from leaves(json.loads(value))
    except ValueError:
        yield value


def _occurrences(name: str, text: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        after = text[at + len(name) : at + len(name) + 1]
        before = text[at - 1 : at] if at else ""
        # A name is not named by a longer one: `my-cluster-1a2b3c4d` is not `cluster-1a2b3c4d`.
        part = (before == "-" and STAND_IN.match(name) is None) or before.isalnum()
        if not part and not after.isalnum():
            yield at
        at = text.find(name, at + 1)


def _identities(reg: Reg) -> set[str]:
    """Texts that only this resource answers with: all that it was not given, and its name."""
    if not is_custom(reg):
        return set()
    given = set(leaves(reg.inputs))
    answered = {text for text in leaves(reg.outputs) if text not in given}
    return {text for text in answered | _own_names(reg) if _looks_like_ours(text)}


def _looks_like_ours(text: str) -> bool:
    return STAND_IN.search(text) is not None or LITERAL.search(text) is not None


def _given_names(reg: Reg) -> set[str]:
    """The name that the program chose for a resource, where it did."""
    spec, kind = TABLE.get(reg.type), KINDS.get(reg.type)
    naming = {norm((spec.name if spec else kind.name if kind else "") or ""), _identifier(reg.type)}
    named = {text for name, text in reg.inputs.items() if norm(name) in naming}
    return {text for text in named if isinstance(text, str)}


def _own_names(reg: Reg) -> set[str]:
    metadata = reg.outputs.get("metadata")
    own = {reg.id, reg.outputs.get("arn")}
    own.add(reg.outputs.get("name") if "name" not in reg.inputs else None)
    own.add(metadata.get("name") if isinstance(metadata, dict) else None)
    return _given_names(reg) | {text for text in own if isinstance(text, str)}


@cache
def _identifier(token: str) -> str:
    """What names a type by itself in CloudFormation, normalised; nothing where it takes two."""
    place = target(token) if token.startswith("aws:") else None
    if place is None or place.part:
        return ""
    pointers = cloudformation.schema(place.type).get("primaryIdentifier", [])
    return norm(pointers[0].rpartition("/")[2]) if len(pointers) == 1 else ""


def _around(text: str, at: int) -> str:
    return text if len(text) <= 80 else f"...{text[max(0, at - 40) : at + 20]}..."
