"""Values that may be anything, read as what they should be: an object, a list, a number."""

import re
from collections.abc import Iterator
from typing import Any

_PLACE = re.compile(r"([^.\[\]]+)|\[(\d+)\]|\[\"([^\"]*)\"\]")


def mapping(value: Any) -> dict[str, Any]:
    """An object's entries; none of what is no object, or is not known yet."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]  # JSON's keys are text


def items(value: Any) -> list[Any]:
    """A list's entries; none of what is no list, or is not known yet."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]  # JSON's values are anything


def one_or_more(value: Any) -> list[Any]:
    """AWS writes one for a list of one."""
    return [] if value is None else items(value) if isinstance(value, list) else [value]


def number(value: Any) -> float | None:
    """The number that it is, written as text too; none where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def along(value: Any, path: str) -> Iterator[Any]:
    """What is met on the way to `a.b[0]["c"]`, the whole first; the last is what stands there."""
    found = value
    yield found
    for name, index, quoted in _PLACE.findall(path):
        if index:
            listed = items(found)
            found = listed[int(index)] if int(index) < len(listed) else None
        else:
            found = mapping(found).get(name or quoted)
        yield found


def at(value: Any, path: str) -> Any:
    """What stands at a path; none where nothing does."""
    *_, found = along(value, path)
    return found
