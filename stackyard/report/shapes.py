"""JSON as the type checker can follow it: an object, a list, or an empty one in its place."""

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    """An object's entries; none of what is no object."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # JSON's keys are text


def items(value: Any) -> list[Any]:
    """A list's entries; none of what is no list."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # JSON's values are anything


def one_or_more(value: Any) -> list[Any]:
    """AWS writes one for a list of one."""
    return [] if value is None else items(value) if isinstance(value, list) else [value]
