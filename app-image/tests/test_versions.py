"""The cache's versions against a real Redis: which bodies may be kept, which may be served."""

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

pytestmark = pytest.mark.local


LAG_MS = 2_000


class Asked:
    """A cache and its gate, asked as the application asks them."""

    def __init__(self, redis: Redis) -> None:
        metrics = Metrics()
        self._cache = Cache("posts", redis, Gate(redis, metrics, pods=1), metrics)
        self.forget = self._cache.forget

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


def test_a_slow_reader_cannot_undo_a_write(redis: RedisDaemon, certificates: Certificates):
    served: list[tuple[bytes, bool]] = []

    async def use(cache: Asked) -> None:
        async def load_old(_fresh: bool) -> bytes:
            await cache.forget()
            return b"old"

        await cache.get("f", load_old)
        served.append(await cache.get("f", gives(b"new")))

    with_cache(redis, certificates, use)

    assert served == [(b"new", False)]


def test_two_writes_in_one_millisecond_are_two_versions(
    redis: RedisDaemon, certificates: Certificates
):
    served: list[tuple[bytes, bool]] = []

    async def use(cache: Asked) -> None:
        async def load_old(_fresh: bool) -> bytes:
            for _ in range(5):
                await cache.forget()
            return b"old"

        for _ in range(20):
            await cache.forget()
            await cache.get("f", load_old)
            served.append(await cache.get("f", gives(b"new")))

    with_cache(redis, certificates, use)

    assert set(served) == {(b"new", False)}


def test_a_write_makes_the_next_load_fresh(redis: RedisDaemon, certificates: Certificates):
    asked: list[bool] = []

    async def use(cache: Asked) -> None:
        async def load(fresh: bool) -> bytes:
            asked.append(fresh)
            return b"body"

        await cache.get("f", load)
        await cache.forget()
        await cache.get("f", load)

    with_cache(redis, certificates, use)

    assert asked == [False, True]


def test_an_error_is_not_kept(redis: RedisDaemon, certificates: Certificates):
    served: list[tuple[bytes, bool]] = []

    async def use(cache: Asked) -> None:
        async def fails(_fresh: bool) -> bytes:
            raise LookupError("no row")

        with pytest.raises(LookupError, match="no row"):
            await cache.get("f", fails)
        served.append(await cache.get("f", gives(b"body")))

    with_cache(redis, certificates, use)

    assert served == [(b"body", False)]
