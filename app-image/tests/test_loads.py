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


async def has_begun(rows: Rows, loads: int = 1) -> None:
    """All that asked before this have asked once the loads have begun."""
    while len(rows.asked) < loads:  # noqa: ASYNC110  # loads tell nobody else
        await asyncio.sleep(0)


def bodies(*fresh: bool) -> tuple[list[bytes], list[bool]]:
    """What those who ask at once are given, and which loads that took."""

    async def ask() -> tuple[list[bytes], list[bool]]:
        cache, rows = without_redis(), Rows()
        wanted = Wanted("posts", "field", rows.load)
        asking = [asyncio.create_task(cache.get(wanted, COLD, 2000, fresh=each)) for each in fresh]
        await has_begun(rows, len(set(fresh)))
        rows.let.set()
        return [decompressed(body) for body, _ in await asyncio.gather(*asking)], rows.asked

    return asyncio.run(ask())


def test_those_who_ask_alike_share_one_load():
    assert bodies(False, False, False) == ([b"old"] * 3, [False])


def test_who_must_see_a_write_does_not_join_a_load_from_a_late_reader():
    assert bodies(False, True, True) == ([b"old", b"new", b"new"], [False, True])


def test_when_whoever_makes_a_body_is_cancelled_the_next_who_waits_makes_it():
    async def ask() -> tuple[list[bytes], list[bool]]:
        cache, rows = without_redis(), Rows()
        wanted = Wanted("posts", "field", rows.load)
        makes, *wait = (asyncio.create_task(cache.get(wanted, COLD, 2000)) for _ in range(3))
        await has_begun(rows)
        makes.cancel()
        await has_begun(rows, 2)
        rows.let.set()
        return [decompressed(body) for body, _ in await asyncio.gather(*wait)], rows.asked

    assert asyncio.run(ask()) == ([b"old"] * 2, [False, False])


def test_one_who_waits_and_is_cancelled_takes_the_body_from_nobody():
    async def ask() -> tuple[list[bytes], list[bool]]:
        cache, rows = without_redis(), Rows()
        wanted = Wanted("posts", "field", rows.load)
        makes, leaves, waits = (
            asyncio.create_task(cache.get(wanted, COLD, 2000)) for _ in range(3)
        )
        await has_begun(rows)
        leaves.cancel()
        await asyncio.wait({leaves})
        rows.let.set()
        both = await asyncio.gather(makes, waits)
        return [decompressed(body) for body, _ in both], rows.asked

    assert asyncio.run(ask()) == ([b"old"] * 2, [False])


def test_a_load_that_fails_fails_for_all_who_wait_and_the_next_one_loads_anew():
    rows = Rows()

    async def fail(fresh: bool) -> bytes:  # the shape of a Load
        await rows.load(fresh)
        raise LookupError("no rows")

    async def ask() -> tuple[list[object], bytes]:
        cache = without_redis()
        failing = Wanted("posts", "field", fail)
        asking = [asyncio.create_task(cache.get(failing, COLD, 2000)) for _ in range(2)]
        await has_begun(rows)
        rows.let.set()
        failed = await asyncio.gather(*asking, return_exceptions=True)
        body, _ = await cache.get(Wanted("posts", "field", rows.load), COLD, 2000)
        return [type(each) for each in failed], decompressed(body)

    assert asyncio.run(ask()) == ([LookupError] * 2, b"old")
    assert rows.asked == [False, False]
