"""The ASGI application: routes, health, errors as JSON, and the drain."""

import asyncio
import ssl
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping

from task1.cache import Cache
from task1.config import Config
from task1.database import Database, SlowQueryError, UnavailableError
from task1.http import Answer, Receive, RefusedError, Request, Scope, Send, encode, error
from task1.log import log
from task1.posts import PATH, READY, Posts
from task1.redis import Redis
from task1.schema import level

Handler = Callable[[Request], Awaitable[Answer]]
Methods = Mapping[str, Handler]

AFTER_FAULT_SECONDS = 1.0
"""Pause before work that met an unknown fault starts again."""


class App:
    """One process of the API. Made inside the running event loop."""

    def __init__(self, config: Config) -> None:
        # Verifies by SSL_CERT_FILE where it is set; one for all, since a bundle takes megabytes.
        tls = ssl.create_default_context()
        self._config = config
        self._level = level()
        self._database = Database(config.writer, config.reader, tls)
        self._redis = Redis(config.redis, tls)
        posts = Posts(self._database, Cache(self._redis))
        self._one_post: Methods = {"GET": posts.one}
        self._routes: Mapping[str, Methods] = {
            "/livez": {"GET": self._live},
            "/health": {"GET": self._health},
            PATH: {"GET": posts.newest, "POST": posts.create},
        }
        self._always = (
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-release", config.release.encode()),
        )
        self.draining = asyncio.Event()
        self.in_flight = 0
        self._none_in_flight = asyncio.Event()
        self._none_in_flight.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live_on(receive, send)
            return
        self.in_flight += 1
        self._none_in_flight.clear()
        try:
            request = Request(scope, receive)
            await self._send(await self._answer(request), send)
        finally:
            self.in_flight -= 1
            if not self.in_flight:
                self._none_in_flight.set()

    async def drained(self, seconds: float) -> bool:
        """Wait until no request is in flight; false when that takes longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._none_in_flight.wait()
        except TimeoutError:
            return False
        return True

    async def _answer(self, request: Request) -> Answer:
        try:
            return await self._handler(request)(request)
        except RefusedError as refused:
            return refused.answer
        except UnavailableError as cause:
            log("unavailable", path=request.path, error=str(cause))
            return error(503, "the database is away; try again", ((b"retry-after", b"1"),))
        except SlowQueryError as cause:
            log("slow", path=request.path, error=str(cause))
            return error(504, "the database took too long")
        except Exception:  # noqa: BLE001  # where an unknown fault becomes an answer
            log("fault", path=request.path, error=traceback.format_exc())
            return error(500, "internal error")

    def _handler(self, request: Request) -> Handler:
        methods = self._routes.get(request.path)
        if methods is None and request.path.startswith(f"{PATH}/"):
            methods = self._one_post
        if methods is None:
            raise RefusedError(404, "no such path")
        # The server leaves the body out of an answer to HEAD.
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = ", ".join([*methods, "HEAD"] if "GET" in methods else methods)
            message = f"{request.method} is not allowed here"
            raise RefusedError(405, message, ((b"allow", allowed.encode()),))
        return handler

    async def _send(self, answer: Answer, send: Send) -> None:
        length = (b"content-length", str(len(answer.body)).encode())
        headers = [*self._always, length, *answer.headers]
        # Clients go elsewhere with their next request instead of meeting a closed socket.
        if self.draining.is_set():
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _live(self, _request: Request) -> Answer:
        """GET /livez: the event loop turns; says nothing of database and cache."""
        return Answer(200, encode({"status": "ok"}))

    async def _health(self, _request: Request) -> Answer:
        """GET /health: may traffic come? What was seen last, without asking anyone.

        A database lost later does not end readiness: all pods would leave the load balancer at
        once, and with them the answers that the cache still holds.
        """
        status = "starting"
        if self.draining.is_set():
            status = "draining"
        elif self._database.seen:
            status = "ok"
        body = {
            "status": status,
            "release": self._config.release,
            "level": self._level,
            "database": "seen" if self._database.seen else "not seen yet",
            "cache": "up" if self._redis.up else "down",
        }
        return Answer(200 if status == "ok" else 503, encode(body))

    async def _live_on(self, receive: Receive, send: Send) -> None:
        await receive()
        started = time.monotonic()
        work = [
            asyncio.create_task(_kept_up(self._redis.keep_connected)),
            asyncio.create_task(_kept_up(lambda: self._database.watch(READY))),
        ]
        await send({"type": "lifespan.startup.complete"})
        log("started", release=self._config.release, port=self._config.port)
        await receive()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        self._database.close()
        log("stopped", seconds=round(time.monotonic() - started, 1))
        await send({"type": "lifespan.shutdown.complete"})


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """`work` until it is done; an unknown fault is told, and the work starts again.

    Without this the task would end unseen, and a pod not yet ready stay so for ever, though live.
    """
    while True:
        try:
            return await work()
        except Exception:  # noqa: BLE001  # nobody awaits a background task before the end
            log("fault", error=traceback.format_exc())
        await asyncio.sleep(AFTER_FAULT_SECONDS)
