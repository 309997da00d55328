"""A sound graph with one fault put into it."""

import copy
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg
from tests.fidelity.check import problems
from tests.fidelity.finding import Finding
from tests.fidelity.references import References


class Faulted(Graph):
    """A graph with one resource that is other than the program made it."""

    def __init__(self, graph: Graph, reg: Reg) -> None:
        self._regs = {**graph._regs, reg.urn: reg}
        self.reg = reg
        self.config = graph.config


def having(graphs: Iterable[Graph], type_: str, name: str) -> tuple[Graph, Reg]:
    """The first graph in which a resource of a type gives a property, and the resource."""
    return next(
        (graph, reg)
        for graph in graphs
        for reg in graph.values()
        if reg.type == type_ and name in reg.inputs
    )


def with_inputs(graph: Graph, reg: Reg, **inputs: Any) -> Faulted:
    """The graph, where one resource has other inputs; None takes one away."""
    given = {**reg.inputs, **inputs}
    kept = {name: value for name, value in given.items() if value is not None}
    return Faulted(graph, replace(reg, inputs=kept))


def without_edges(graph: Graph, reg: Reg) -> Faulted:
    """The graph, where one resource waits for nothing but its provider."""
    return Faulted(graph, replace(reg, depends=set(), property_deps={}))


def edited(graph: Graph, reg: Reg, edit: Callable[[dict[str, Any]], object]) -> Faulted:
    """The graph, where an edit went over a copy of one resource's inputs."""
    inputs = copy.deepcopy(reg.inputs)
    edit(inputs)
    return Faulted(graph, replace(reg, inputs=inputs))


def found(graph: Faulted) -> list[Finding]:
    """What the check finds wrong with the faulted resource."""
    return sorted(set(problems(graph.reg, References(graph))))


def said(graph: Faulted) -> list[tuple[str, str]]:
    """Places and words of what the check finds."""
    return [(finding.place, finding.says) for finding in found(graph)]


def only(graph: Faulted) -> Finding:
    """The one finding."""
    (one,) = found(graph)
    return one
