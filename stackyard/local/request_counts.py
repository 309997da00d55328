"""Requests of load balancers, counted from HAProxy's log; pure.

Its own counters begin at nought at each reload, and take along what the old worker still answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from stackyard.local.response_times import ResponseTimes

LOG_FORMAT = "%f %b %s %ST %ts %Tr"
"""Frontend, backend, server, status, how it ended, and milliseconds from the request's leave to
the response's headers.

The last is AWS's TargetResponseTime: "the time elapsed, in seconds, after the request leaves the
load balancer until the target starts to send the response headers". -1 where no target answered.
"""
_LINE = re.compile(
    rb"(?P<frontend>\S+) (?P<backend>\S+) (?P<server>\S+) (?P<status>-?\d+) (?P<end>\S\S)"
    rb" (?P<milliseconds>-?\d+)"
)
"""Not what HAProxy says of itself (`Proxy main-80 stopped ...`)."""
_NO_SERVER = b"<NOSRV>"
_NO_CONNECTION = {b"SC", b"sC"}
"""A target that refused the connection, or did not take it in time."""

REQUESTS = "RequestCount"
CONNECTION_ERRORS = "TargetConnectionErrorCount"

Way = tuple[str, str]
"""Frontend and backend of a request."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What was asked and answered in a while."""

    counts: Mapping[Way, Mapping[str, int]]
    """By CloudWatch's names of the metrics; only what is not nought."""
    times: Mapping[Way, Mapping[float, int]]
    """How often a target took each number of seconds."""


class RequestCounts:
    """What ended since the last report."""

    def __init__(self) -> None:
        self._counts: dict[Way, Counter[str]] = {}
        self._times: dict[Way, ResponseTimes] = {}

    def add(self, log: bytes) -> None:
        """Count lines of HAProxy's log."""
        for line, times in Counter(log.splitlines()).items():
            found = _LINE.fullmatch(line)
            if found is not None:
                self._add(found, times)

    def take(self) -> Traffic:
        """All that was counted; counting begins anew."""
        taken = Traffic(
            counts=self._counts, times={way: held.values() for way, held in self._times.items()}
        )
        self._counts, self._times = {}, {}
        return taken

    def _add(self, line: re.Match[bytes], times: int) -> None:
        way = line["frontend"].decode(), line["backend"].decode()
        counts = self._counts.setdefault(way, Counter())
        if line["server"] != _NO_SERVER:
            # An ALB counts a request once it has chosen a target.
            counts[REQUESTS] += times
        if line["end"] in _NO_CONNECTION:
            counts[CONNECTION_ERRORS] += times
        milliseconds = int(line["milliseconds"])
        answered = milliseconds >= 0
        if answered:
            self._times.setdefault(way, ResponseTimes()).add(milliseconds, times)
        # Who goes before the answer is given none: -1.
        hundreds = int(line["status"]) // 100
        if answered or hundreds in {4, 5}:
            by = "Target" if answered else "ELB"
            counts[f"HTTPCode_{by}_{hundreds}XX_Count"] += times
