"""Apps for load balancers to send requests to, each on an address of its own."""

import asyncio

from aiohttp import web

APP_PORT = 5000


class Target:
    """Answers with its name, when it likes; its health can be taken away."""

    def __init__(self, address: str, name: str) -> None:
        self.address = address
        self.name = name
        self.healthy = True
        self.seconds = 0.0
        """How long it thinks before it answers."""
        self.checks = 0
        self.headers: dict[str, str] = {}
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, self.address, APP_PORT).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _health(self, _: web.Request) -> web.Response:
        self.checks += 1
        return web.Response(status=200 if self.healthy else 503)

    async def _answer(self, request: web.Request) -> web.Response:
        self.headers = dict(request.headers)
        await asyncio.sleep(self.seconds)
        return web.Response(text=self.name)
