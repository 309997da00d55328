"""One local stack for all tests of this folder; the tests that end it run last."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.local.layout import Layout
from tests.end_to_end.running_stack import ROOT, RunningStack, stackyard
from tests.local.slots import free_slot


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    # First of all tests and in one piece, so that the stack is gone before the others begin.
    items.sort(key=lambda item: (item.path.parent != here, item.path.name == "test_down.py"))


@pytest.fixture(scope="session")
def layout() -> Iterator[Layout]:
    """The stack's slot, which no other test run takes while this one lasts."""
    with free_slot(ROOT) as slot:
        yield slot


@pytest.fixture(scope="package")
def stack(layout: Layout) -> Iterator[RunningStack]:
    """The stack of the program as it stands, brought up once."""
    stackyard(layout, "local", "down")
    up = stackyard(layout, "local", "up", "--json")
    assert up.returncode == 0, f"{up.stdout}\n{up.stderr}"
    yield RunningStack(layout=layout, outputs=json.loads(up.stdout)["outputs"])
    # After a test that failed in the middle of an update there may be no way through the engine.
    if stackyard(layout, "local", "down").returncode:
        stackyard(layout, "local", "down", "--force")
