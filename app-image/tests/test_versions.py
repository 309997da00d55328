"""The cache's versions against a real Redis: which bodies may be kept, which may be served."""

import pytest

from asked import Asked, gives, with_cache
from daemons import Certificates
from daemons import Redis as RedisDaemon

pytestmark = pytest.mark.local


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
