"""What holds for every test session."""

# Its plugin imports it when the session ends, and CPython 3.11 can fail to parse source
# ("AST constructor recursion depth mismatch") when a collection runs finalizers meanwhile.
import hypothesis

from tests.reliability import pytest_addoption, pytest_configure, pytest_runtest_setup

__all__ = ["pytest_addoption", "pytest_configure", "pytest_runtest_setup"]

# Both measure the machine, not the code: a busy one fails what an idle one passes.
hypothesis.settings.register_profile(
    "stackyard", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("stackyard")
