"""The ASGI application: from a request to its answer, errors as JSON, and the drain."""

import asyncio
import ssl
import time
import traceback
from collections.abc import Awaitable
from contextlib import aclosing

from task1 import posts, users
from task1.auth import Auth
from task1.background import kept_up
from task1.cache import Cache
from task1.clients import client_of
from task1.compression import decompressed
from task1.config import Config
from task1.database import Database, SlowQueryError, UnavailableError
from task1.events import Events
from task1.gate import Gate, Passed
from task1.health import Health
from task1.http import (
    CLOSE,
    READ_AFTER,
    Answer,
    Header,
    Receive,
    RefusedError,
    Request,
    Scope,
    Send,
    always,
    error,
)
from task1.limits import SignInLimit, limit_headers, too_many
from task1.log import RequestLine, log, log_request, request_id
from task1.metrics import Metrics
from task1.openapi import Document
from task1.redis import Redis
from task1.reports import Reports
from task1.routes import Route, Router, Wanted
from task1.threads import begun_patiently
from task1.tokens import Tokens, unauthorized
from task1.tracing import identify

MOST_IN_FLIGHT = 512
"""Requests that are answered at once; each may hold a body of 128 KiB."""
TELL_SECONDS = 0.5
"""For so long a process that ends takes new requests, and says `Connection: close` to each."""
RELEASE_HEADER = b"x-stackyard-slot"

_HIT: Header = (b"x-api-cache", b"hit")
_MISS: Header = (b"x-api-cache", b"miss")
_GZIPPED: Header = (b"content-encoding", b"gzip")
_VARY: Header = (b"vary", b"accept-encoding")
_SOON: Header = (b"retry-after", b"1")
WRITES = frozenset({"DELETE", "PATCH", "POST"})
CLIENT_LEFT = 499
"""How metrics and log tell of a request whose client has gone; nginx's number."""


class App:
    """One process of the API. Made inside the running event loop."""

    def __init__(self, config: Config, metrics: Metrics) -> None:
        # Verifies by SSL_CERT_FILE where it is set; one for all, since a bundle takes megabytes.
        tls = ssl.create_default_context()
        self._config = config
        self._metrics = metrics
        self._reports = Reports(config)
        self._database = Database(config, tls, metrics)
        self._redis = Redis(config.redis, tls)
        self._tokens = Tokens(config.jwt_keys)
        self._gate = Gate(self._redis, metrics, pods=config.expected_pods)
        self._caches = {
            name: Cache(name, self._redis, self._gate, metrics)
            for name in (posts.NAMESPACE, users.NAMESPACE)
        }
        self._health = Health(config, self._database, self._redis, metrics)
        self.draining = self._health.draining
        self._events = Events(config.redis, tls, metrics, self.draining)
        limit = SignInLimit(self._redis, metrics)
        self._auth = Auth(self._database, self._caches[users.NAMESPACE], self._tokens, limit)
        routes = [
            *self._health.routes(),
            *posts.Posts(
                self._database, self._caches[posts.NAMESPACE], partitioned=config.partitioned
            ).routes(),
            *users.Users(self._database).routes(),
            *self._auth.routes(),
            *self._events.routes(),
        ]
        self._router = Router([*routes, Document(routes).route()])
        self._always = always(config.release)
        self.in_flight = 0
        self._none_in_flight = asyncio.Event()
        self._none_in_flight.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live_on(receive, send)
            return
        started = time.perf_counter()
        self.in_flight += 1
        self._none_in_flight.clear()
        request = Request(scope, receive)
        ids = identify(request)
        request_id.set(request.id)
        status = CLIENT_LEFT
        try:
            try:
                answer = await self._routed(request)
            except Exception as cause:  # noqa: BLE001  # where an unknown fault becomes an answer
                answer = self._answer_to(cause, request)
            status = answer.status
            await self._send(request, answer, ids, send)
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self._none_in_flight.set()
            seconds = time.perf_counter() - started
            self._metrics.request(request.method, request.route, status, seconds)
            log_request(
                RequestLine(
                    time=round(time.time(), 3),
                    request_id=request.id,
                    trace_id=request.trace_id,
                    method=request.method,
                    route=request.route,
                    path=request.path,
                    status=status,
                    ms=round(1000 * seconds, 2),
                    client=request.client.decode(),
                )
            )

    async def drained(self, seconds: float) -> bool:
        """Wait until no request is in flight; false when that takes longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                # Who asks on a kept connection is told to go, before the socket is closed to it.
                await asyncio.sleep(min(TELL_SECONDS, seconds / 2))
                await self._none_in_flight.wait()
        except TimeoutError:
            return False
        return True

    def _answer_to(self, cause: Exception, request: Request) -> Answer:
        """What a client is told of what went wrong."""
        match cause:
            case RefusedError():
                return cause.answer
            case UnavailableError():
                log("unavailable", path=request.path, error=str(cause))
                return error(503, "the database is away; try again", (_SOON,))
            case SlowQueryError():
                log("slow", path=request.path, error=str(cause))
                return error(504, "the database took too long")
            case _:
                told = "".join(traceback.format_exception(cause))
                log("fault", path=request.path, error=told)
                self._reports.error(cause, request)
                return error(500, "internal error")

    async def _routed(self, request: Request) -> Answer:
        route: Route | None = None
        wanted: Wanted | None = None
        refused: RefusedError | None = None
        try:
            route = self._router.find(request)
            request.route = route.path
            if route.limited:
                wanted = self._admitted(request, route)
        except RefusedError as refusal:
            # Told after it was counted: whoever guesses tokens or paths uses up requests too.
            refused = refusal
        if self.in_flight > MOST_IN_FLIGHT and (route is None or route.limited):
            raise RefusedError(503, "too many requests at once; try again", (_SOON,))
        with self._reports.trace(request) as tell:
            try:
                answer = await self._counted(request, route, wanted, refused)
            except RefusedError as refusal:
                # Not by the block's end: a trace takes whatever is raised there for a fault.
                answer = refusal.answer
            tell(answer.status)
            return answer

    def _admitted(self, request: Request, route: Route) -> Wanted | None:
        """Who asks, and what is wanted of the cache. Raises `RefusedError` 400, 401, 404."""
        request.user_id = self._tokens.bearer(request.headers.get(b"authorization"))
        if route.signed_in and request.user_id is None:
            raise unauthorized("sign in, and send Authorization: Bearer and your access token")
        return None if route.wanted is None else route.wanted(request)

    async def _counted(
        self,
        request: Request,
        route: Route | None,
        wanted: Wanted | None,
        refused: RefusedError | None,
    ) -> Answer:
        passed: Passed | None = None
        if route is None or route.limited:
            passed = await self._enter(request, wanted)
            if passed.count:
                request.limit = limit_headers(passed)
            if passed.over:
                self._metrics.limited.labels("requests").inc()
                return too_many(passed.reset_seconds)
        if refused is not None:
            return refused.answer
        if wanted is not None and passed is not None:
            return await self._kept(request, wanted, passed)
        if route is None or route.handler is None:
            raise LookupError(f"{request.path}: a route answers nothing")
        return await route.handler(request)

    def _enter(self, request: Request, wanted: Wanted | None) -> Awaitable[Passed]:
        headers = request.headers
        forwarded = headers.get(b"x-forwarded-for")
        request.client = client_of(forwarded, request.peer, self._config.trusted_hops)
        client: bytes | None = request.client
        if request.user_id is not None:
            client = request.client = b"user %d" % request.user_id
        elif headers.get(RELEASE_HEADER) in self._config.release_keys:
            # A release's own look at its candidate, many times from one address.
            client = None
        if wanted is None:
            return self._gate.enter(client)
        cache = self._caches[wanted.namespace]
        return cache.enter(client, wanted.field, self._database.lag_ms)

    async def _kept(self, request: Request, wanted: Wanted, passed: Passed) -> Answer:
        lag_ms = self._database.lag_ms
        cache = self._caches[wanted.namespace]
        fresh = request.wrote_within(lag_ms)
        try:
            body, hit = await cache.get(wanted, passed, lag_ms, fresh=fresh)
        except RefusedError:
            if wanted.otherwise is None:
                raise
            return await wanted.otherwise(request)
        headers = (_HIT if hit else _MISS, _VARY)
        if request.accepts_gzip():
            return Answer(200, body, (*headers, _GZIPPED))
        return Answer(200, decompressed(body), headers)

    async def _send(
        self, request: Request, answer: Answer, ids: tuple[Header, ...], send: Send
    ) -> None:
        headers = [
            *self._always,
            (b"content-type", answer.content_type),
            *ids,
            *request.limit,
            *answer.headers,
        ]
        if answer.stream is None:
            headers.append((b"content-length", b"%d" % len(answer.body)))
        if request.method in WRITES and answer.status < 300:
            headers.append((READ_AFTER, b"%d" % (time.time() * 1000)))
        # Clients go elsewhere with their next request instead of meeting a closed socket.
        if self.draining.is_set():
            headers.append(CLOSE)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        if answer.stream is None:
            await send({"type": "http.response.body", "body": answer.body})
            return
        async with aclosing(answer.stream) as parts:
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _live_on(self, receive: Receive, send: Send) -> None:
        await receive()
        started = time.monotonic()
        work = [
            asyncio.create_task(kept_up(each))
            for each in (
                self._redis.keep_connected,
                lambda: self._database.watch(posts.READY),
                self._database.watch_lag,
                self._health.watch_loop,
                self._events.listen,
                self._events.end_when_draining,
            )
        ]
        await begun_patiently(send({"type": "lifespan.startup.complete"}))
        log("started", release=self._config.release, port=self._config.port)
        await receive()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        self._database.close()
        self._auth.close()
        await asyncio.to_thread(self._reports.close)
        log("stopped", seconds=round(time.monotonic() - started, 1))
        await send({"type": "lifespan.shutdown.complete"})
