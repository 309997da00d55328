"""A cache and its gate on a real Redis, asked as the application asks them."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import pytest

import task1.redis
from daemons import Certificates
from daemons import Redis as RedisDaemon
from task1.cache import Cache
from task1.compression import decompressed
from task1.gate import Gate
from task1.metrics import Metrics
from task1.redis import Redis
from task1.routes import Load, Wanted
from task1.urls import redis_url

LAG_MS = 2_000


class Asked:
    """A cache and its gate, asked as the application asks them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        metrics = Metrics()
        self._cache = Cache("posts", redis, Gate(redis, metrics, pods=1), metrics)
        self.forget = self._cache.forget

    def another(self) -> "Asked":
        """The cache of another process."""
        return Asked(self._redis)

    async def get(self, field: str, load: Load) -> tuple[bytes, bool]:
        passed = await self._cache.enter(None, field, LAG_MS)
        body, hit = await self._cache.get(Wanted("posts", field, load), passed, LAG_MS)
        return decompressed(body), hit


def with_cache(
    redis: RedisDaemon, certificates: Certificates, use: Callable[[Asked], Awaitable[None]]
) -> None:
    async def run() -> None:
        tls = ssl.create_default_context(cafile=certificates.authority)
        client = Redis(redis_url(redis.url), tls)
        keeping = asyncio.create_task(client.keep_connected())
        async with asyncio.timeout(60):
            while not client.up:  # noqa: ASYNC110  # the client tells nobody but those who ask
                await asyncio.sleep(0.01)
            await use(Asked(client))
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    with pytest.MonkeyPatch.context() as patch:
        # On a busy machine a late reply would leave a body unkept.
        patch.setattr(task1.redis, "COMMAND_SECONDS", 30)
        asyncio.run(run())


def gives(body: bytes) -> Callable[[bool], Awaitable[bytes]]:
    async def load(_fresh: bool) -> bytes:
        return body

    return load
