"""Whether a policy's resource can be one of the resources that an action takes."""

import re
from functools import cache

Token = tuple[str, str]
"""A character and nothing; or `*` and the characters that it does not stand for."""
ENDS_AT = {"Account": ":", "BucketName": "/", "Region": ":"}
"""Parts of a form that cannot hold a separator; most names may: log groups, roles, objects."""
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@cache
def overlap(pattern: str, form: str) -> bool:
    """Whether some ARN fits both the policy's pattern and the form of a resource type."""
    left, right = _tokens(pattern), _tokens(form)
    reachable = {(0, 0)}
    seen: set[tuple[int, int]] = set()
    while reachable:
        at = reachable.pop()
        if at in seen:
            continue
        seen.add(at)
        if at == (len(left), len(right)):
            return True
        reachable |= _next(left, right, *at)
    return False


def _next(left: list[Token], right: list[Token], i: int, j: int) -> set[tuple[int, int]]:
    one = left[i] if i < len(left) else None
    other = right[j] if j < len(right) else None
    steps: set[tuple[int, int]] = set()
    if one and one[0] == "*":
        steps.add((i + 1, j))
        if other and _takes(one, other):
            steps.add((i, j + 1))
    if other and other[0] == "*":
        steps.add((i, j + 1))
        if one and _takes(other, one):
            steps.add((i + 1, j))
    heads = {token[0] for token in (one, other) if token}
    if one and other and "*" not in heads and (len(heads) == 1 or "?" in heads):
        steps.add((i + 1, j + 1))
    return steps


def _takes(wildcard: Token, token: Token) -> bool:
    return token[0] not in wildcard[1]


@cache
def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    for at, part in enumerate(_VARIABLE.split(text)):
        if at % 2:
            tokens.append(("*", ENDS_AT.get(part, "")))
        else:
            tokens += [(char, "") for char in part]
    return tokens
