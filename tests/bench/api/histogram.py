"""Quantiles of a Prometheus histogram, as PromQL's histogram_quantile reckons them."""

import math
import re
from collections import Counter
from collections.abc import Mapping

from stackyard.errors import StackyardError

_BUCKET = re.compile(r"(?P<name>\w+)_bucket\{(?P<labels>[^}]*)\} (?P<count>\S+)")
_BOUND = re.compile(r'(?:^|,)le="([^"]+)"')


class HistogramError(StackyardError):
    """It tells nothing."""


def buckets_in(text: str, name: str) -> Mapping[float, int]:
    """Counts up to each upper bound, added over the histogram's other labels.

    Raises `HistogramError` where the text has no such histogram.
    """
    counts: Counter[float] = Counter()
    for match in _BUCKET.finditer(text):
        bound = _BOUND.search(match["labels"])
        if match["name"] == name and bound:
            counts[float(bound[1].replace("+Inf", "inf"))] += int(float(match["count"]))
    if not counts:
        raise HistogramError(f"/metrics has no histogram {name}")
    return counts


def since(before: Mapping[float, int], after: Mapping[float, int]) -> Mapping[float, int]:
    """What was counted between the two."""
    return {bound: count - before[bound] for bound, count in after.items()}


def quantile(share: float, buckets: Mapping[float, int]) -> float:
    """Straight lines between bounds; the last bound for what is above it.

    Raises `HistogramError` for a histogram of nothing.
    """
    bounds = sorted(buckets)
    rank = share * buckets[bounds[-1]]
    if not rank:
        raise HistogramError("the histogram counted nothing in that time")
    below, under = 0.0, 0
    for bound in bounds:
        count = buckets[bound]
        if count >= rank:
            inside = (rank - under) / (count - under)
            return below if math.isinf(bound) else below + (bound - below) * inside
        below, under = bound, count
    raise ValueError("counts of a histogram do not fall")
