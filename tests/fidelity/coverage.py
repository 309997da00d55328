"""How much of what a graph uses the schemas speak of: types, and properties at any depth."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import SIGNATURE, Reg, is_custom
from stackyard.local.aws.cloudformation import short
from tests.fidelity.crds import is_custom_resource
from tests.fidelity.mapping import UNCHECKED, target
from tests.fidelity.translate import document_of


@dataclass
class Coverage:
    """AWS's types and custom resources; the rest of Kubernetes is its API server's own."""

    types: dict[str, str] = field(default_factory=dict[str, str])
    """Every type used, with why it is not checked; empty for those that are."""
    properties: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Every property used, by type and path, in the same way."""

    @property
    def types_percent(self) -> float:
        return _percent(self.types)

    @property
    def properties_percent(self) -> float:
        return _percent(self.properties)


def coverage(graphs: Iterable[Graph]) -> Coverage:
    """Of all graphs together; a property counts once, however often it is used."""
    found = Coverage()
    for graph in graphs:
        for reg in graph.values():
            if is_custom(reg) and reg.type.startswith("aws:"):
                _aws(reg, found)
            elif is_custom_resource(reg.type):
                kind = reg.type.split(":")[-1]
                found.types[kind] = ""
                found.properties |= {(kind, path): "" for path in _paths(reg.inputs, "")}
    return found


def _aws(reg: Reg, found: Coverage) -> None:
    name, place = short(reg.type), target(reg.type)
    if place is None:
        reason = UNCHECKED.get(name, "no CloudFormation type is named for it")
        found.types[name] = reason
        found.properties |= {(name, path): reason for path in _paths(reg.inputs, "")}
        return
    document = document_of(reg, place)
    found.types[name] = ""
    given = set(_paths(reg.inputs, ""))
    found.properties |= {(name, path): "" for path in document.checked & given}
    found.properties |= {(name, path): reason for path, reason in document.own.items()}
    found.properties |= {(name, path): "unknown to the schema" for path in document.unknown}


def _paths(value: Any, prefix: str) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _paths(inner, prefix)
    elif isinstance(value, dict) and SIGNATURE not in value:
        for name, inner in value.items():
            yield f"{prefix}{name}"
            yield from _paths(inner, f"{prefix}{name}.")


def _percent(reasons: dict[Any, str]) -> float:
    return 100 * sum(not reason for reason in reasons.values()) / len(reasons)
