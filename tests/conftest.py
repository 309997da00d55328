"""What holds for every test session."""

import gc
from collections.abc import Generator

# Its plugin imports it when the session ends, and CPython 3.11 can fail to parse source
# ("AST constructor recursion depth mismatch") when a collection runs finalizers meanwhile.
import hypothesis
import pytest

from tests.reliability import pytest_addoption, pytest_configure, pytest_runtest_setup

# Folders' conftests and test files import the SDKs, which collections would walk again and again.
gc.disable()

__all__ = ["pytest_addoption", "pytest_configure", "pytest_runtest_setup"]

hypothesis.settings.register_profile(
    "anew",
    # Both measure the machine, not the code: a busy one fails what an idle one passes.
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
# The same code draws the same cases, so that a change is judged by itself; `make test-full` looks
# for new ones.
hypothesis.settings.register_profile(
    "stackyard", hypothesis.settings.get_profile("anew"), derandomize=True
)
hypothesis.settings.load_profile("stackyard")
# `make check` asks for it by name; `make test` draws as many as each test says, or 100.
hypothesis.settings.register_profile(
    "few", hypothesis.settings.get_profile("stackyard"), max_examples=20
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What was imported stays, so no collection walks it."""
    session = yield
    gc.freeze()
    gc.enable()
    return session
