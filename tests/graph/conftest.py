"""Graphs that many tests look at, made once a session."""

from collections.abc import Iterator

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.stacks import STACKS, changed_graphs, graph_of


@pytest.fixture(scope="session", autouse=True)
def only_read() -> Iterator[None]:
    """A test that changes what others look at is told of, once all have run."""
    yield
    assert changed_graphs() == []


@pytest.fixture(scope="session")
def prod() -> Graph:
    return graph_of("prod")


@pytest.fixture(scope="session")
def staging() -> Graph:
    return graph_of("staging")


@pytest.fixture(scope="session")
def graphs(prod: Graph, staging: Graph) -> dict[str, Graph]:
    others = {stack: graph_of(stack) for stack in STACKS if stack not in {"prod", "staging"}}
    return {"prod": prod, "staging": staging, **others}


@pytest.fixture(scope="session", params=STACKS)
def graph(request: pytest.FixtureRequest, graphs: dict[str, Graph]) -> Graph:
    """Each stack's graph in turn."""
    return graphs[request.param]
