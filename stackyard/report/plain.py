"""Values of a resource's inputs, which may be anything, read as what they should be."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard


def mapping(value: object) -> Mapping[str, Any]:
    """The object that it is; empty where it is none, or is not known yet."""
    return value if _is_mapping(value) else {}


def items(value: object) -> Sequence[Any]:
    """The list that it is; empty where it is none, or is not known yet."""
    return value if _is_list(value) else ()


def number(value: object) -> float | None:
    """The number that it is, written as text too; none where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)
