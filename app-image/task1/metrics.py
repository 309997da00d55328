"""What `/metrics` tells, in Prometheus's text format; one process a pod."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
"""Seconds; the scaling guide's 200 ms is a bound of its own."""
DATABASE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2)
"""Seconds; the scaling guide's 50 ms is a bound of its own."""


class Durations(Collector):
    """A histogram: prometheus_client's own takes 3 us for each observation, this takes 1."""

    def __init__(
        self, name: str, told: str, *, labels: Sequence[str], bounds: Sequence[float]
    ) -> None:
        self._name = name
        self._told = told
        self._labels = labels
        self._bounds = bounds
        self._seen: dict[tuple[str | int, ...], tuple[list[int], list[float]]] = {}
        """By the labels' values: how many in each bucket, and all seconds."""

    def add(self, values: tuple[str | int, ...], seconds: float) -> None:
        """Count one."""
        counts, total = self._seen.get(values) or self.tell(values)
        counts[bisect_left(self._bounds, seconds)] += 1
        total[0] += seconds

    def tell(self, values: tuple[str | int, ...]) -> tuple[list[int], list[float]]:
        """Tell of these labels from now on, though nothing was counted yet."""
        return self._seen.setdefault(values, ([0] * (len(self._bounds) + 1), [0.0]))

    def collect(self) -> Iterable[Metric]:
        """What was counted, as Prometheus has it: each bucket holds those below it too."""
        family = HistogramMetricFamily(self._name, self._told, labels=self._labels)
        bounds = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        for values, (counts, (total,)) in self._seen.items():
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            family.add_metric([str(value) for value in values], buckets, total)
        return [family]


class Metrics:
    """One registry and all that is measured; made once a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._requests = Durations(
            "http_request_duration_seconds",
            "Duration of HTTP requests in seconds",
            labels=("method", "route", "status_code"),
            bounds=REQUEST_BUCKETS,
        )
        self._statements = Durations(
            "db_statement_duration_seconds",
            "Duration of SQL statements in seconds",
            labels=("pool",),
            bounds=DATABASE_BUCKETS,
        )
        for durations in (self._requests, self._statements):
            self._registry.register(durations)
        self.pool_connections = self._gauge(
            "db_pool_connections", "Connections of a pool", "pool", "state"
        )
        self.pool_waiting = self._gauge(
            "db_pool_waiting", "Requests that wait for a connection", "pool"
        )
        self.replica_lag = self._gauge(
            "db_replica_lag_seconds", "How far the readers are behind the writer"
        )
        self.degraded = self._gauge(
            "degraded", "1 while this is away: redis, writer, reader", "what"
        )
        self.loop_lag = self._gauge("event_loop_lag_seconds", "How late the event loop wakes up")
        self.streams = self._gauge("event_streams", "Open streams of GET /api/events")
        self.cache_answers = self._counter(
            "cache_answers_total", "Cached routes: hit, stale, miss, bypass", "result"
        )
        self.redis_errors = self._counter("redis_errors_total", "Redis commands that failed")
        self.limited = self._counter("rate_limited_total", "Requests answered with 429", "limiter")
        self.dropped_lines = self._counter(
            "log_lines_dropped_total", "Log lines given up because standard output was blocked"
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer; `route` is a template such as `/api/posts/{id}`, never a path."""
        told = method if method in METHODS else "OTHER"
        self._requests.add((told, route, status), seconds)

    def statements(self, pool: str) -> Callable[[float], None]:
        """What counts a statement on one of the pool's connections."""
        self._statements.tell((pool,))
        return partial(self._statements.add, (pool,))

    def text(self) -> bytes:
        """All of it, as `/metrics` answers."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(name, told, labels, registry=self._registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(name, told, labels, registry=self._registry)
