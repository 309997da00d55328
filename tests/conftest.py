"""What holds for every test session."""

import gc
from collections.abc import Generator

# Its plugin imports it when the session ends, and CPython 3.11 can fail to parse source
# ("AST constructor recursion depth mismatch") when a collection runs finalizers meanwhile.
import hypothesis
import pytest

from stackyard.graph.collector import paused
from tests.reliability import pytest_addoption, pytest_configure, pytest_runtest_setup

__all__ = ["pytest_addoption", "pytest_configure", "pytest_runtest_setup"]

# Both measure the machine, not the code: a busy one fails what an idle one passes.
hypothesis.settings.register_profile(
    "stackyard", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("stackyard")
# `make check` asks for it by name; `make test` draws as many as each test says, or 100.
hypothesis.settings.register_profile(
    "few", hypothesis.settings.get_profile("stackyard"), max_examples=20
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Imports, the SDKs' above all, without garbage collections that walk them again and again."""
    with paused():
        session = yield
        gc.freeze()
    return session
