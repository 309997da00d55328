"""What `/metrics` tells, in Prometheus's text format; one process a pod."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
"""Seconds; the scaling guide's 200 ms is a bound of its own."""
DATABASE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2)
"""Seconds; the scaling guide's 50 ms is a bound of its own."""


class Metrics:
    """One registry and all that is measured; made once a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._requests = Histogram(
            "http_request_duration_seconds",
            "Duration of HTTP requests in seconds",
            ("method", "route", "status_code"),
            buckets=REQUEST_BUCKETS,
            registry=self._registry,
        )
        # A label's child is looked up once: 1.6 us an observation against 3.4.
        self._children: dict[tuple[str, str, int], Histogram] = {}
        self.statements = self._histogram(
            "db_statement_duration_seconds", "Duration of SQL statements in seconds", "pool"
        )
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
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            known = method if method in METHODS else "OTHER"
            child = self._requests.labels(known, route, str(status))
            if known == method:
                self._children[key] = child
        child.observe(seconds)

    def text(self) -> bytes:
        """All of it, as `/metrics` answers."""
        return generate_latest(self._registry)

    def _histogram(self, name: str, told: str, *labels: str) -> Histogram:
        return Histogram(name, told, labels, buckets=DATABASE_BUCKETS, registry=self._registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(name, told, labels, registry=self._registry)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(name, told, labels, registry=self._registry)
