"""Graphs that many tests look at, made once a session."""

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.stacks import STACKS, graph_of


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
