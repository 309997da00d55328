"""A small cache of whole responses at the edge, for as long as their Cache-Control allows."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

OBJECT_BYTES = 1024 * 1024
TOTAL_BYTES = 16 * 1024 * 1024
_AGE = re.compile(r"(s-maxage|max-age)\s*=\s*\"?(\d+)")
_FORBIDS = re.compile(r"\b(no-store|no-cache|private)\b")


@dataclass(frozen=True, kw_only=True)
class CachedResponse:
    """A 200 that may be sent again."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    stored_at: float
    fresh_until: float


class EdgeCache:
    """The least recently used go first when it is full."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: OrderedDict[str, CachedResponse] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> CachedResponse | None:
        """The response while it is fresh."""
        found = self._held.get(key)
        if found is None:
            return None
        if self._clock() >= found.fresh_until:
            self._drop(key)
            return None
        self._held.move_to_end(key)
        return found

    def age(self, response: CachedResponse) -> int:
        """Seconds since it was stored, for the `Age` header."""
        return int(self._clock() - response.stored_at)

    def put(
        self, key: str, headers: tuple[tuple[str, str], ...], body: bytes, *, seconds: int
    ) -> None:
        """Keep a response for that long, if it is small enough."""
        self._drop(key)
        if seconds <= 0 or len(body) > OBJECT_BYTES:
            return
        now = self._clock()
        self._held[key] = CachedResponse(
            headers=headers, body=body, stored_at=now, fresh_until=now + seconds
        )
        self._bytes += len(body)
        while self._bytes > TOTAL_BYTES:
            self._drop(next(iter(self._held)))

    def clear(self) -> None:
        """Forget all, as after an invalidation."""
        self._held.clear()
        self._bytes = 0

    def _drop(self, key: str) -> None:
        gone = self._held.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone.body)


def fresh_seconds(cache_control: str) -> int:
    """How long a shared cache may keep a response; 0 where it says nothing or forbids it."""
    words = cache_control.lower()
    if _FORBIDS.search(words):
        return 0
    ages = {name: int(seconds) for name, seconds in _AGE.findall(words)}
    return ages.get("s-maxage", ages.get("max-age", 0))
