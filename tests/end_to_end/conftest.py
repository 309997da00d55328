"""One local stack for all tests of this folder; the tests that end it run last."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.local.layout import Layout
from tests.end_to_end.running_stack import ROOT, SLOT, RunningStack, stackyard


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    # First of all tests and in one piece, so that the stack is gone before the others begin.
    items.sort(key=lambda item: (item.path.parent != here, item.path.name == "test_down.py"))


@pytest.fixture(scope="package")
def stack() -> Iterator[RunningStack]:
    """The stack of the program as it stands, brought up once."""
    stackyard("local", "down")
    up = stackyard("local", "up", "--json")
    assert up.returncode == 0, f"{up.stdout}\n{up.stderr}"
    layout = Layout(root=ROOT, slot=SLOT)
    yield RunningStack(layout=layout, outputs=json.loads(up.stdout)["outputs"])
    stackyard("local", "down")
