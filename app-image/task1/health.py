"""May traffic come? Answered from what was seen last, without asking anyone."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from task1.config import Config
from task1.database import Database
from task1.http import Answer, RefusedError, Request, encode
from task1.metrics import CONTENT_TYPE, Metrics
from task1.redis import Redis
from task1.routes import Route
from task1.schema import level

WAIT_SECONDS = 30.0
"""A pod that has not met its database after so long serves what the cache holds."""
LOOP_SECONDS = 0.5
LATE_SECONDS = 1.0
"""An event loop that is later than this gets no new requests."""

Status = Literal["starting", "ok", "degraded", "busy", "draining"]
READY: tuple[Status, ...] = ("ok", "degraded")


class State(msgspec.Struct, frozen=True):
    """What a pod tells of itself."""

    status: Status
    release: str
    level: int
    """The last of the image's migrations."""
    pod: str
    began: str
    database: Literal["seen", "not seen yet"]
    cache: Literal["up", "down"]


class Alive(msgspec.Struct, frozen=True):
    """The event loop turns."""

    status: Literal["ok"] = "ok"


class Health:
    """`/health`, `/livez` and `/metrics`."""

    def __init__(self, config: Config, database: Database, redis: Redis, metrics: Metrics) -> None:
        self._config = config
        self._database = database
        self._redis = redis
        self._metrics = metrics
        self._level = level()
        self._started = time.monotonic()
        # A name for the pod that tells nothing of the cluster to whoever asks.
        self._pod = hashlib.sha256(config.pod.encode()).hexdigest()[:8]
        self._began = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._late = 0.0
        self.draining = asyncio.Event()

    def routes(self) -> Sequence[Route]:
        """All that is answered here."""
        ready = Route(
            method="GET",
            path="/health",
            summary="Whether requests may come here",
            handler=self.health,
            limited=False,
            answers={200: State, 503: State},
        )
        live = Route(
            method="GET",
            path="/livez",
            summary="Whether the process lives",
            handler=self.live,
            limited=False,
            answers={200: Alive},
        )
        metrics = Route(
            method="GET",
            path="/metrics",
            summary="Metrics",
            handler=self.metrics,
            limited=False,
            hidden=True,
            answers={200: None},
        )
        return (ready, live, metrics)

    async def health(self, _request: Request) -> Answer:
        """GET /health: 200 when requests may come.

        A database lost later does not end readiness: all pods would leave the load balancer at
        once, and with them the answers that the cache still holds.
        """
        status: Status = "starting"
        if self.draining.is_set():
            status = "draining"
        elif self._late > LATE_SECONDS:
            status = "busy"
        elif self._database.seen or time.monotonic() - self._started > WAIT_SECONDS:
            status = "ok" if self._database.seen and self._redis.up else "degraded"
        state = State(
            status,
            self._config.release,
            self._level,
            self._pod,
            self._began,
            "seen" if self._database.seen else "not seen yet",
            "up" if self._redis.up else "down",
        )
        return Answer(200 if status in READY else 503, encode(state))

    async def live(self, _request: Request) -> Answer:
        """GET /livez: the event loop turns; says nothing of database and cache."""
        return Answer(200, encode(Alive()))

    async def metrics(self, request: Request) -> Answer:
        """GET /metrics: for who asks the pod itself; a load balancer's requests meet a 404."""
        if b"x-forwarded-for" in request.headers:
            raise RefusedError(404, "no such path")
        self._metrics.degraded.labels("redis").set(0 if self._redis.up else 1)
        return Answer(200, self._metrics.text(), content_type=CONTENT_TYPE)

    async def watch_loop(self) -> None:
        """Measure how late the event loop wakes up, until cancelled."""
        while True:
            due = time.monotonic() + LOOP_SECONDS
            await asyncio.sleep(LOOP_SECONDS)
            self._late = time.monotonic() - due
            self._metrics.loop_lag.set(self._late)
