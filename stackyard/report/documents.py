"""IAM policy documents: what one allows that another does not."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.report.change import JsonObject
from stackyard.report.shapes import mapping, one_or_more


@dataclass(frozen=True, kw_only=True)
class Widening:
    """What a document allows beyond the one before."""

    actions: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    lost_denials: int = 0
    """Statements that denied something and are gone or other ones."""
    lost_conditions: int = 0
    """Statements that allow the same as before under fewer conditions."""

    def __bool__(self) -> bool:
        return bool(self.facts)

    @property
    def facts(self) -> tuple[str, ...]:
        """Each as a line."""
        return (
            *(f"action {each}" for each in self.actions),
            *(f"principal {each}" for each in self.principals),
            *(f"resource {each}" for each in self.resources),
            *(
                [f"{self.lost_denials} Deny statements gone or changed"]
                if self.lost_denials
                else ()
            ),
            *(
                [f"{self.lost_conditions} statements under other conditions"]
                if self.lost_conditions
                else ()
            ),
        )

    @property
    def all_or_anyone(self) -> bool:
        """Whether every action or every principal is among them."""
        return "*" in self.actions or any(each in ("*", "AWS:*") for each in self.principals)


def document_of(value: Any) -> JsonObject | None:
    """A policy as the program gives it, text or object; none where it is not to be read."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (json.JSONDecodeError, RecursionError):
            return None
    return mapping(value) or None


def widening(old: JsonObject | None, new: JsonObject) -> Widening:
    """What `new` allows that `old` does not, word by word: no wildcard is worked out."""
    before, after = old or {}, new
    return Widening(
        actions=_added(before, after, _actions),
        principals=_added(before, after, _principals),
        resources=_added(before, after, _resources),
        lost_denials=max(0, len(_denials(before) - _denials(after))),
        lost_conditions=_conditions_lost(before, after),
    )


def _added(old: JsonObject, new: JsonObject, of: Any) -> tuple[str, ...]:
    before = {each for statement in _allowing(old) for each in of(statement)}
    after = {each for statement in _allowing(new) for each in of(statement)}
    return tuple(sorted(after - before))


def _statements(document: JsonObject) -> list[Mapping[str, Any]]:
    return [mapping(each) for each in one_or_more(document.get("Statement"))]


def _allowing(document: JsonObject) -> Iterator[Mapping[str, Any]]:
    return (each for each in _statements(document) if each.get("Effect") == "Allow")


def _actions(statement: Mapping[str, Any]) -> list[str]:
    excepted = [f"all but {each}" for each in _listed(statement.get("NotAction"))]
    return [*_listed(statement.get("Action")), *excepted]


def _principals(statement: Mapping[str, Any]) -> list[str]:
    found: Any = statement.get("Principal")
    if isinstance(found, dict):
        kinds = mapping(found).items()
        return [f"{kind}:{each}" for kind, given in kinds for each in _listed(given)]
    excepted = ["all but some"] if "NotPrincipal" in statement else []
    return [*_listed(found), *excepted]


def _resources(statement: Mapping[str, Any]) -> list[str]:
    return _listed(statement.get("Resource"))


def _denials(document: JsonObject) -> set[str]:
    denied = (each for each in _statements(document) if each.get("Effect") == "Deny")
    return {json.dumps({**each, "Sid": ""}, sort_keys=True) for each in denied}


def _conditions_lost(old: JsonObject, new: JsonObject) -> int:
    """Statements that allow what one before allowed under other conditions."""
    before: dict[str, set[str]] = {}
    for each in _allowing(old):
        before.setdefault(_body(each), set()).add(_condition(each))
    return sum(
        _condition(each) not in before[_body(each)]
        for each in _allowing(new)
        if _body(each) in before
    )


def _body(statement: Mapping[str, Any]) -> str:
    kept = {k: v for k, v in statement.items() if k not in ("Sid", "Condition")}
    return json.dumps(kept, sort_keys=True)


def _condition(statement: Mapping[str, Any]) -> str:
    return json.dumps(statement.get("Condition"), sort_keys=True)


def _listed(value: Any) -> list[str]:
    return [str(each) for each in one_or_more(value)]
