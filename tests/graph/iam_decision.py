"""What IAM decides: by "Policy evaluation logic" and "Condition operators" of its user guide.

Within one account, without session policies and policies of an organisation. An operator or policy
variable that no policy of ours has is an error, not a guess.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

Statement = Mapping[str, Any]
Context = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Role:
    """What is known of a role that asks; documents as JSON."""

    policies: Sequence[str]
    boundary: str | None = None

    def may(
        self,
        action: str,
        resource: str = "*",
        context: Context | None = None,
        *,
        resource_policy_allows: bool = False,
    ) -> bool:
        """Whether a request passes; the resource's own policy may allow it besides the role's."""
        given = context or {}
        bounds = () if self.boundary is None else (self.boundary,)
        if any(_applies("Deny", one, action, resource, given) for one in (*self.policies, *bounds)):
            return False
        own = any(_applies("Allow", one, action, resource, given) for one in self.policies)
        within = all(_applies("Allow", one, action, resource, given) for one in bounds)
        # What a resource's policy gives the role's session is not under the boundary.
        return (own and within) or resource_policy_allows

    def may_ever(self, action: str) -> bool:
        """Whether any policy allows the action on whatever resource, denials left out."""
        allow = [s for one in self.policies for s in _statements(one) if s["Effect"] == "Allow"]
        return any(_names(statement, "Action", action.lower()) for statement in allow)


def trusts_token(document: str, issuer_arn: str, claims: Context) -> bool:
    """Whether a trust policy lets the bearer of an issuer's token take the role."""
    issuer = issuer_arn.partition("oidc-provider/")[2]
    context = {f"{issuer}:{claim}": value for claim, value in claims.items()}
    return any(
        statement["Effect"] == "Allow"
        and statement["Principal"] == {"Federated": issuer_arn}
        and _names(statement, "Action", "sts:assumerolewithwebidentity")
        and _holds(statement, context)
        for statement in _statements(document)
    )


def _applies(effect: str, document: str, action: str, resource: str, context: Context) -> bool:
    return any(
        statement["Effect"] == effect
        and _names(statement, "Action", action.lower())
        and _names(statement, "Resource", resource)
        and _holds(statement, context)
        for statement in _statements(document)
    )


@cache
def _statements(document: str) -> list[Statement]:
    return json.loads(document)["Statement"]


def _names(statement: Statement, element: str, value: str) -> bool:
    """Whether Action or Resource, or what they are not, has the value; actions know no case."""
    negated = f"Not{element}" in statement
    patterns = _many(statement[f"Not{element}" if negated else element])
    if element == "Action":
        patterns = [pattern.lower() for pattern in patterns]
    return any(_like(pattern).fullmatch(value) for pattern in patterns) != negated


def _holds(statement: Statement, context: Context) -> bool:
    """Whether all conditions hold: every key of every operator, one of its values each."""
    known = {key.lower(): value for key, value in context.items()}
    return all(
        _OPERATORS[operator](_many(values), known.get(key.lower()))
        for operator, key, values in _conditions(statement)
    )


def _conditions(statement: Statement) -> Iterator[tuple[str, str, Any]]:
    for operator, keys in statement.get("Condition", {}).items():
        if operator not in _OPERATORS:
            raise LookupError(f"condition operator {operator} is not known here")
        for key, values in keys.items():
            yield operator, key, values


def _equals(values: list[str], given: str | None) -> bool:
    return given is not None and given in values


def _is_like(values: list[str], given: str | None) -> bool:
    return given is not None and any(_like(value).fullmatch(given) for value in values)


def _is_bool(values: list[str], given: str | None) -> bool:
    return given is not None and given.lower() in [value.lower() for value in values]


_OPERATORS: dict[str, Callable[[list[str], str | None], bool]] = {
    "Bool": _is_bool,
    "StringEquals": _equals,
    "StringLike": _is_like,
    # True as well where the request has no such key.
    "StringNotEquals": lambda values, given: not _equals(values, given),
}


@cache
def _like(pattern: str) -> re.Pattern[str]:
    if "${" in pattern:
        raise LookupError(f"policy variables are not known here: {pattern}")
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _many(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
