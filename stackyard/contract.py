"""A stack's outputs against their contract: rows for people, whole for machines, into a README."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any, get_args

from pydantic.fields import FieldInfo

from stacks.outputs import StackOutputs
from stacks.section import Section
from stackyard.report.shapes import at, items, mapping
from stackyard.report.text import clean

README = "readme"
"""The output that Pulumi Cloud shows as the stack's README (Pulumi examples, "stack readme py")."""
MISSING = "missing"
VALUE_COLUMNS = 48
"""A longer value has its meaning on the next line."""
_VALUE_CHARACTERS = 2_000
_PLACEHOLDER = re.compile(r"\$\{outputs\.([^}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One output, or one key of an output that is an object."""

    name: str
    """`database.port`."""
    value: Any
    """As the engine prints it, a secret as `[secret]`; none where the contract allows none."""
    meaning: str
    """Empty for what the contract does not know."""
    is_missing: bool = False
    """Whether the contract asks for it and the stack does not give it."""


def rows(outputs: Mapping[str, Any]) -> list[Row]:
    """The contract in its order, then what a stack gives beside it; the README left out."""
    given = {name: value for name, value in outputs.items() if name != README}
    return [row for row in _rows(StackOutputs, given, "") if row.name != README]


def complete(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs with null where the contract allows it: the engine leaves out what is null."""
    return _complete(StackOutputs, outputs)


def table(found: Sequence[Row]) -> str:
    """Name, value and meaning, aligned."""
    width = max((len(row.name) for row in found), default=0)
    return "".join(_lines(row, width) for row in found)


def rendered(template: str, outputs: Mapping[str, Any]) -> str:
    """A README with the values in the places of `${outputs.name}`, as Pulumi Cloud fills it in."""
    known = complete(outputs)
    return _PLACEHOLDER.sub(lambda found: _text(at(known, found[1])), template)


def placeholders(template: str) -> list[str]:
    """The outputs that a README names, `database.port`."""
    return _PLACEHOLDER.findall(template)


def _rows(section: type[Section], given: Mapping[str, Any], prefix: str) -> Iterator[Row]:
    names = {name: field for name, field in _fields(section) if prefix or name != README}
    for name, field in names.items():
        inner, value = _section_of(field), given.get(name)
        if inner is not None:
            yield from _rows(inner, mapping(value), f"{prefix}{name}.")
        else:
            missing = value is None and not _may_be_none(field)
            meaning = " ".join((field.description or "").split())
            yield Row(name=f"{prefix}{name}", value=value, meaning=meaning, is_missing=missing)
    for name in sorted(given.keys() - names.keys()):
        yield Row(name=f"{prefix}{name}", value=given[name], meaning="")


def _complete(section: type[Section], given: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(given)
    for name, field in _fields(section):
        inner = _section_of(field)
        if inner is not None and name in whole:
            whole[name] = _complete(inner, mapping(whole[name]))
        elif _may_be_none(field):
            whole.setdefault(name, None)
    return whole


def _fields(section: type[Section]) -> list[tuple[str, FieldInfo]]:
    """By the name that the output has."""
    return [(field.alias or name, field) for name, field in section.model_fields.items()]


def _section_of(field: FieldInfo) -> type[Section] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _may_be_none(field: FieldInfo) -> bool:
    return NoneType in get_args(field.annotation)


def _lines(row: Row, width: int) -> str:
    value = MISSING if row.is_missing else _text(row.value)
    start = f"{row.name:<{width}}  "
    if len(value) <= VALUE_COLUMNS:
        return f"{start}{value:<{VALUE_COLUMNS}}  {row.meaning}".rstrip() + "\n"
    below = " " * (len(start) + VALUE_COLUMNS + 2)
    return f"{start}{value}\n" + (f"{below}{row.meaning}\n" if row.meaning else "")


def _text(value: Any) -> str:
    """In one line that a terminal can show."""
    if isinstance(value, list):
        return ", ".join(map(_text, items(value))) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}={_text(inner)}" for key, inner in mapping(value).items()) or "none"
    if isinstance(value, str):
        return clean(value, _VALUE_CHARACTERS) or "none"
    return "none" if value is None else json.dumps(value)
