"""Kubernetes JSON: parts that may be left out, time stamps, quantities."""

import datetime as dt
import re
from decimal import Decimal

from stackyard.local.wire import JsonObject

_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?\d+)?)(m|u|n|k|[KMGTPE]i?)?")
_UNITS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(1000),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("KMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def child(parent: JsonObject, *names: str) -> JsonObject:
    """The object at that path; an empty one where any part of the path is left out."""
    found = parent
    for name in names:
        inner: JsonObject | None = found.get(name)
        found = inner or {}
    return found


def children(parent: JsonObject, name: str) -> list[JsonObject]:
    """The list of objects under `name`; empty where it is left out."""
    return parent.get(name) or []


def words(parent: JsonObject, name: str) -> list[str]:
    """The list of texts under `name`; empty where it is left out."""
    return parent.get(name) or []


def timestamp() -> str:
    """Now, as Kubernetes writes a `Time`."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def precise_timestamp() -> str:
    """Now, as Kubernetes writes a `MicroTime`."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def quantity(text: str) -> Decimal:
    """A resource quantity as a number: `250m` is 0.25, `1Ki` is 1024."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no quantity; write 250m, 2, 512Mi or 1G")
    return Decimal(found[1]) * _UNITS.get(found[2], Decimal(1))
