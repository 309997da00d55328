"""An edge server before an origin that says what reached it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import aiohttp
from aiohttp import web

from stackyard.local.edge_server import EdgeServer
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets
from tests.local.bodies import own_slot, trust
from tests.local.distributions import planned

T = TypeVar("T")


class Origin:
    """A load balancer and an S3 in one: says what reached it, and holds a few objects."""

    OBJECTS: ClassVar[dict[str, tuple[str, str, str]]] = {
        "/site/r1/index.html": ("<h1>home</h1>", "text/html; charset=utf-8", "no-cache"),
        "/site/r1/assets/a b.js": ("let a", "text/javascript", "public, max-age=60"),
        "/site/r1/404.html": ("lost", "text/html", "no-cache"),
    }

    def __init__(self) -> None:
        self.seen: list[web.Request] = []
        self.bodies: list[bytes] = []
        app = web.Application()
        app.router.add_route("*", "/api/slow", self._slow)
        app.router.add_route("*", "/site/{path:.*}", self._object)
        app.router.add_route("*", "/{path:.*}", self._echo)
        self.runner = web.AppRunner(app)
        self.half_sent = asyncio.Event()
        self.go_on = asyncio.Event()

    async def _echo(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        self.bodies.append(await request.read())
        headers = {"Cache-Control": "max-age=60", "Keep-Alive": "timeout=9", "Set-Cookie": "a=1"}
        response = web.Response(status=201, text="from the origin", headers=headers)
        response.headers.add("Set-Cookie", "b=2")
        return response

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await self.go_on.wait()
        await response.write(b"second")
        return response

    async def _object(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        found = self.OBJECTS.get(request.path)
        if found is None:
            return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
        text, kind, cache = found
        headers = {"Content-Type": kind, "Cache-Control": cache, "x-amz-request-id": "1"}
        return web.Response(body=text.encode(), headers=headers)


class Yard:
    """An edge server before an origin that listens where the load balancer and S3 would."""

    def __init__(self, layout: Layout, secrets: Secrets) -> None:
        self.layout = layout
        self.origin = Origin()
        self.edge = EdgeServer(layout, secrets, planned(layout))
        self.url = f"https://{layout.edge(1)}:8443"

    async def ask(
        self, path: str, method: str = "GET", **how: Any
    ) -> tuple[aiohttp.ClientResponse, str]:
        connector = aiohttp.TCPConnector(ssl=trust(self.layout))
        async with (
            aiohttp.ClientSession(connector=connector) as client,
            client.request(method, self.url + path, **how) as answer,
        ):
            return answer, await answer.text()


@asynccontextmanager
async def yard(layout: Layout, secrets: Secrets) -> AsyncIterator[Yard]:
    made = Yard(layout, secrets)
    try:
        await made.origin.runner.setup()
        for address, port in ((layout.load_balancer(1), 8080), (layout.control, 5000)):
            await web.TCPSite(made.origin.runner, address, port).start()
        await made.edge.start()
        yield made
    finally:
        await made.edge.stop()
        await made.origin.runner.cleanup()


def run(tmp_path: Path, story: Callable[[Yard], Coroutine[Any, Any, T]]) -> T:
    async def whole(layout: Layout, secrets: Secrets) -> T:
        async with yard(layout, secrets) as made:
            return await story(made)

    with own_slot(tmp_path) as (layout, secrets):
        return asyncio.run(whole(layout, secrets))
