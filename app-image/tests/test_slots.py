"""Slots: how many may do something at once, and in which turn."""

import asyncio

import pytest

from replication import in_loop
from task1.database import PoolExhaustedError
from task1.pool import Slots


def test_slots_are_given_in_the_order_of_asking():
    async def main() -> list[int]:
        slots, given = Slots(1, 10), list[int]()

        async def ask(number: int) -> None:
            async with slots:
                given.append(number)
                await asyncio.sleep(0)

        await asyncio.gather(*map(ask, range(5)))
        return given

    assert in_loop(main()) == [0, 1, 2, 3, 4]


def test_a_slot_that_comes_to_one_who_leaves_goes_to_the_next():
    async def main() -> bool:
        slots = Slots(1, 10)
        await slots.take()
        first, second = (asyncio.create_task(slots.take()) for _ in range(2))
        await asyncio.sleep(0)
        slots.free()
        first.cancel()
        await asyncio.wait({first, second}, timeout=5)
        return first.cancelled() and second.done()

    assert in_loop(main())


def test_one_who_has_left_gets_no_slot():
    async def main() -> bool:
        slots = Slots(1, 10)
        await slots.take()
        gone = asyncio.create_task(slots.take())
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait({gone})
        slots.free()
        async with asyncio.timeout(5):
            await slots.take()
        return not slots.waiting

    assert in_loop(main())


def test_who_waits_in_vain_leaves_the_slots_as_they_were():
    async def main() -> int:
        slots = Slots(1, 0.05)
        async with slots:
            with pytest.raises(PoolExhaustedError, match=r"all 1 connections busy for 0\.05 s"):
                await slots.take()
        await slots.take()
        return slots.waiting

    assert in_loop(main()) == 0
