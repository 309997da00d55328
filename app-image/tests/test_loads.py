"""Loads that are shared: by whom, and by whom not."""

import asyncio

from task1.cache import Cache
from task1.compression import decompressed
from task1.gate import Gate, Passed
from task1.metrics import Metrics
from task1.redis import Redis
from task1.routes import Wanted
from task1.urls import redis_url

COLD = Passed(0, 0)


def without_redis() -> Cache:
    metrics = Metrics()
    redis = Redis(redis_url("rediss://app:word@127.77.0.1:1/0"), tls=None)  # type: ignore[arg-type]  # nobody connects
    return Cache("posts", redis, Gate(redis, metrics, pods=1), metrics)


class Rows:
    """A load that ends when it is let; an old reader's rows unless fresh ones are asked for."""

    def __init__(self) -> None:
        self.asked: list[bool] = []
        self.let = asyncio.Event()

    async def load(self, fresh: bool) -> bytes:
        self.asked.append(fresh)
        await self.let.wait()
        return b"new" if fresh else b"old"


def bodies(*fresh: bool) -> tuple[list[bytes], list[bool]]:
    """What those who ask at once are given, and which loads that took."""

    async def ask() -> tuple[list[bytes], list[bool]]:
        cache, rows = without_redis(), Rows()
        wanted = Wanted("posts", "field", rows.load)
        asking = [asyncio.create_task(cache.get(wanted, COLD, 2000, fresh=each)) for each in fresh]
        # All of them have asked once the loads have begun.
        while len(rows.asked) < len(set(fresh)):  # noqa: ASYNC110  # loads tell nobody else
            await asyncio.sleep(0)
        rows.let.set()
        return [decompressed(body) for body, _ in await asyncio.gather(*asking)], rows.asked

    return asyncio.run(ask())


def test_those_who_ask_alike_share_one_load():
    assert bodies(False, False, False) == ([b"old"] * 3, [False])


def test_who_must_see_a_write_does_not_join_a_load_from_a_late_reader():
    assert bodies(False, True, True) == ([b"old", b"new", b"new"], [False, True])
