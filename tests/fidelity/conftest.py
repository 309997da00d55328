"""Graphs that the checks run over, made once a session."""

import pytest

from stackyard.graph.recorder import Graph
from tests.fidelity.graphs import setting_graphs, stack_graphs


@pytest.fixture(scope="session")
def graphs() -> dict[str, Graph]:
    return stack_graphs()


@pytest.fixture(scope="session")
def prod(graphs: dict[str, Graph]) -> Graph:
    return graphs["prod"]


@pytest.fixture(scope="session")
def changed_graphs() -> list[Graph]:
    return setting_graphs()
