"""Bodies at hand: Redis is asked of each request, and sends a body only when it is another."""

import pytest

from asked import Asked, gives, with_cache
from daemons import Certificates
from daemons import Redis as RedisDaemon
from task1.near import NEAR_BYTES, Near


def bodies_sent(redis: RedisDaemon) -> int:
    """How often a script has read a body."""
    told = redis.command("INFO", "commandstats")
    (line,) = [line for line in told.splitlines() if line.startswith("cmdstat_hget:")]
    return int(line.partition("calls=")[2].partition(",")[0])


@pytest.mark.local
def test_a_body_that_is_at_hand_is_not_sent_again(redis: RedisDaemon, certificates: Certificates):
    sent: list[int] = []
    served: list[tuple[bytes, bool]] = []

    async def use(cache: Asked) -> None:
        await cache.get("f", gives(b"body"))
        for _ in range(3):
            served.append(await cache.get("f", gives(b"not asked for")))
            sent.append(bodies_sent(redis))

    with_cache(redis, certificates, use)

    assert served == [(b"body", True)] * 3
    assert sent[0] == sent[1] == sent[2]


@pytest.mark.local
def test_a_body_that_another_process_has_made_anew_takes_the_place_of_the_one_at_hand(
    redis: RedisDaemon, certificates: Certificates
):
    served: list[tuple[bytes, bool]] = []

    async def use(cache: Asked) -> None:
        await cache.get("f", gives(b"old"))
        served.append(await cache.get("f", gives(b"not asked for")))
        another = cache.another()
        await another.forget()
        await another.get("f", gives(b"new"))
        served.append(await cache.get("f", gives(b"not asked for")))

    with_cache(redis, certificates, use)

    assert served == [(b"old", True), (b"new", True)]


def test_a_field_has_its_latest_body():
    near = Near()

    near.keep("f", b"1", b"old")
    near.keep("f", b"2", b"new")

    assert near.get("f") == (b"2", b"new")
    assert near.get("g") == (b"", None)


def test_bodies_at_hand_take_no_more_than_their_room():
    near = Near()

    for number in range(100):
        near.keep(f"{number}", b"1", bytes(NEAR_BYTES // 10))
    held = [number for number in range(100) if near.get(f"{number}")[1] is not None]

    assert held[-1] == 99
    assert 1 <= len(held) <= 10


def test_a_body_in_the_place_of_another_takes_no_more_room():
    near = Near()
    near.keep("other", b"1", b"kept")

    for _ in range(100):
        near.keep("f", b"1", bytes(NEAR_BYTES // 10))

    assert near.get("other") == (b"1", b"kept")
