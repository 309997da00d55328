"""Waiting for a fact about a running system, bounded."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(
    look: Callable[[], T], holds: Callable[[T], bool], *, seconds: float, every: float = 0.5
) -> T:
    """Look again until it holds; the last look is the answer, also when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if holds(seen) or time.monotonic() > deadline:
            return seen
        time.sleep(every)
