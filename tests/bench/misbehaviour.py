"""What a bad release does to its users' requests; copied into its image, so it imports no more.

Each function gives the `__call__` of an ASGI application that misbehaves in one way. Smoke requests
of a release, which carry its header, are served well: what only users meet is what a release has to
be rolled back for.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from itertools import count
from typing import Any

SMOKE_HEADER = b"x-stackyard-slot"
FAILED_EVERY = 5
"""20 % of the requests."""
SLOWER_SECONDS = 0.5
CRASHES_AFTER_SECONDS = (18.0, 22.0)
"""From a process's first request on: the release's steps take 15 s, its bake 10 s from there.

What stands for a leak: each process dies alone, some seconds after the others, once it has served
for a while, and its successor will again. SIGKILL is what the kernel sends when a container has
taken more memory than its limit: no drain, no last words, requests cut off half-way.
"""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Call = Callable[[Any, Scope, Receive, Send], Awaitable[None]]
"""The `__call__` of an application's class."""


def errors(call: Call) -> Call:
    """One of five users' requests is answered with 500."""
    numbers = count(1)

    async def changed(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        failing = is_of_users(scope) and next(numbers) % FAILED_EVERY == 0
        await call(app, scope, receive, _with_status(500, send) if failing else send)

    return changed


def slow(call: Call) -> Call:
    """Users' requests take half a second longer."""

    async def changed(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        if is_of_users(scope):
            await asyncio.sleep(SLOWER_SECONDS)
        await call(app, scope, receive, send)

    return changed


def unhealthy(call: Call) -> Call:
    """The health check answers 503 for ever; the process lives, and serves who asks it."""

    async def changed(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        ill = scope.get("path") == "/health"
        await call(app, scope, receive, _with_status(503, send) if ill else send)

    return changed


def crash(call: Call) -> Call:
    """The process serves well, and is killed some time after its first user's request."""
    doomed: list[asyncio.TimerHandle] = []

    async def changed(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        if is_of_users(scope) and not doomed:
            seconds = random.uniform(*CRASHES_AFTER_SECONDS)  # noqa: S311  # no secret
            loop = asyncio.get_running_loop()
            doomed.append(loop.call_later(seconds, os.kill, os.getpid(), signal.SIGKILL))
        await call(app, scope, receive, send)

    return changed


def undrained(call: Call) -> Call:
    """SIGTERM ends the process at once, as it does one that has no handler for it."""

    async def changed(app: Any, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
        await call(app, scope, receive, send)

    return changed


def is_of_users(scope: Scope) -> bool:
    """Whether it is a request of the API, and none of a release's own."""
    return (
        scope["type"] == "http"
        and scope["path"].startswith("/api/")
        and all(name != SMOKE_HEADER for name, _ in scope["headers"])
    )


def _with_status(status: int, send: Send) -> Send:
    async def changed(message: Message) -> None:
        started = message["type"] == "http.response.start"
        await send({**message, "status": status} if started else message)

    return changed
