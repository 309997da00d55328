"""Response times of a target group as a histogram of bounded size; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    """How often a target took how long."""

    def __init__(self) -> None:
        self._buckets: dict[int, Bucket] = {}

    def add(self, milliseconds: int, times: int = 1) -> None:
        """Count a response time that was seen this often."""
        bucket = self._buckets.setdefault(bucket_of(milliseconds), Bucket())
        bucket.count += times
        bucket.milliseconds += milliseconds * times

    def values(self) -> dict[float, int]:
        """How often each number of seconds was seen."""
        return {b.milliseconds / b.count / 1000: b.count for _, b in sorted(self._buckets.items())}


def bucket_of(milliseconds: int) -> int:
    """The number of the bucket, from 0 to `BUCKETS` - 1."""
    if milliseconds < _EXACT:
        return milliseconds
    return min(_EXACT + int(math.log(milliseconds / _EXACT, _WIDTH)), BUCKETS - 1)
