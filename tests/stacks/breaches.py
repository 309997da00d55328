"""For each setting, values just beyond what its schema allows, and what a message has to hold."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from stacks.schema import Schema
from tests.stacks.paths import ABOUT

OTHER_TYPES: dict[str, tuple[Any, str]] = {
    "array": (3, "a list"),
    "boolean": ("yes", "true or false"),
    "integer": ("1", "a whole number"),
    "number": ("1", "a number"),
    "object": (3, "a mapping"),
    "string": (3, "a string"),
}
"""By JSON Schema's type, a value of another one, and what the setting takes instead."""
NEVER = "no such value"


class Breach(NamedTuple):
    """One value that a setting refuses."""

    path: str
    given: Any
    allowed: tuple[str, ...]
    """Words of the message that say what would be right."""


def breaches() -> list[Breach]:
    """Of every setting."""
    return [Breach(path, *each) for path, about in ABOUT.items() for each in _of(about)]


def _of(about: Schema) -> Iterator[tuple[Any, tuple[str, ...]]]:
    for kind in about.get("anyOf", [about]):
        if kind.get("type") == "null":
            continue
        if "enum" in kind:
            yield _beside(kind["enum"])
        else:
            other, takes = OTHER_TYPES[kind["type"]]
            yield other, (takes,)
            yield from _beyond(kind)


def _beside(allowed: list[Any]) -> tuple[Any, tuple[str, ...]]:
    given = NEVER if isinstance(allowed[0], str) else max(allowed) + 1
    return given, tuple(str(value) for value in allowed)


def _beyond(kind: Schema) -> Iterator[tuple[Any, tuple[str, ...]]]:
    step = kind.get("multipleOf", 1)
    if "minimum" in kind:
        yield kind["minimum"] - step, (f"{kind['minimum']:g}",)
    if "exclusiveMinimum" in kind:
        yield kind["exclusiveMinimum"], (f"more than {kind['exclusiveMinimum']:g}",)
    if "maximum" in kind:
        yield kind["maximum"] + step, (f"{kind['maximum']:g}",)
    if "multipleOf" in kind:
        yield kind["maximum"] - step / 2, (f"a multiple of {step:g}",)
    if "minLength" in kind:
        yield "", (f"{kind['minLength']} characters",)
    if "pattern" in kind:
        yield "?", ()
    if kind.get("minItems") == 1:
        yield [], ("give at least 1",)
