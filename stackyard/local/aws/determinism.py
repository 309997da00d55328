"""The same ids at every replay: one seeded generator behind everything that moto makes up."""

import random
import sys
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from moto.core import utils as moto_utils
from moto.core.base_backend import AccountSpecificBackend
from moto.elbv2 import models as elbv2
from moto.moto_api._internal import mock_random

from stackyard.local.aws.patching import method, patch

WORD_BITS = 62


class Clock:
    """moto's clock: stands still for a call, so that its replay shows the same times."""

    def __init__(self) -> None:
        self.fixed: datetime | None = None

    def now(self) -> datetime:
        """The time as moto's `utcnow` gives it, without a zone."""
        return self.fixed or datetime.now(UTC).replace(tzinfo=None)

    def install(self) -> None:
        """Take the place of `utcnow` in moto's modules, those not yet imported among them."""
        original = moto_utils.utcnow
        for name, module in list(sys.modules.items()):
            if name.startswith("moto.") and vars(module).get("utcnow") is original:
                vars(module)["utcnow"] = self.now


def seed(value: str) -> None:
    """Start moto's generator anew, and Python's own, from which a few models draw."""
    mock_random.seed(value)
    random.seed(value)


@contextmanager
def _aside(value: str) -> Generator[None, None, None]:
    """Draw from another seed inside the block; the generators go on after it as before it."""
    states = mock_random.getstate(), random.getstate()
    seed(value)
    try:
        yield
    finally:
        mock_random.setstate(states[0])
        random.setstate(states[1])


def _word(_object: object) -> int:
    return mock_random.getrandbits(WORD_BITS)


def make_deterministic(key: str, on_backend: Callable[[Any], None]) -> None:
    """Patch moto; `key` keeps one stack's ids, and passwords, from being guessed from another's.

    `on_backend` hears of each backend as it is made.
    """
    # RDS names its secrets by uuid.uuid4.
    uuid.uuid4 = mock_random.uuid4
    # The default rule of a listener carries the address of a Python object in its ARN.
    setattr(elbv2, "id", _word)  # noqa: B010  # a name that the module does not have
    get = method(AccountSpecificBackend, "__getitem__")

    def get_or_make(self: Any, region: str) -> Any:
        # A first touch, even by a read, makes a backend with its default VPC and the like.
        place = "aws" if region == "global" else region
        if place in list(self):
            return get(self, region)
        with _aside(f"{key}/{self.service_name}/{place}"):
            backend = get(self, region)
        on_backend(backend)
        return backend

    patch(AccountSpecificBackend, "__getitem__", get_or_make)
