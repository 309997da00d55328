"""Response times of target groups: HAProxy's log becomes histograms of bounded size; pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

LOG_FORMAT = "%b %Tr"
"""Backend, and milliseconds from the request's leave to the response's headers.

That is AWS's TargetResponseTime: "the time elapsed, in seconds, after the request leaves the load
balancer until the target starts to send the response headers". -1 where no target answered.
"""
_LINE = re.compile(rb"^(\S+) (\d+)$", re.MULTILINE)
"""Not -1, and not what HAProxy says of itself (`Proxy main-80 stopped ...`)."""

_WIDTH = 1.05
_EXACT = 20
"""Milliseconds up to which each has a bucket of its own: a millisecond is 5 % of it."""
BUCKETS = 150
"""As many values as PutMetricData takes a datum; the last bucket holds all from 10.8 s."""


@dataclass(kw_only=True)
class Bucket:
    """Response times within 5 % of each other."""

    count: int = 0
    milliseconds: int = 0
    """Their sum: the average of all stays exact."""


class ResponseTimes:
    """What was answered since the last report."""

    def __init__(self) -> None:
        self._buckets: dict[str, dict[int, Bucket]] = {}

    def add(self, log: bytes) -> None:
        """Count lines of HAProxy's log."""
        for backend, text in _LINE.findall(log):
            milliseconds = int(text)
            held = self._buckets.setdefault(backend.decode(), {})
            bucket = held.setdefault(bucket_of(milliseconds), Bucket())
            bucket.count += 1
            bucket.milliseconds += milliseconds

    def take(self) -> dict[str, dict[float, int]]:
        """By backend, how often each number of seconds was seen; counting begins anew."""
        taken, self._buckets = self._buckets, {}
        return {
            backend: {b.milliseconds / b.count / 1000: b.count for _, b in sorted(held.items())}
            for backend, held in taken.items()
        }


def bucket_of(milliseconds: int) -> int:
    """The number of the bucket, from 0 to `BUCKETS` - 1."""
    if milliseconds < _EXACT:
        return milliseconds
    return min(_EXACT + int(math.log(milliseconds / _EXACT, _WIDTH)), BUCKETS - 1)
