"""Work beside the requests, which goes on after a fault that nobody thought of."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable

from task1.log import log

AFTER_FAULT_SECONDS = 1.0
"""Pause before work that met an unknown fault starts again."""


async def kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """`work` until it is done; an unknown fault is told, and the work starts again.

    Without this the task would end unseen, and a pod not yet ready stay so for ever, though live.
    """
    while True:
        try:
            return await work()
        except Exception:  # noqa: BLE001  # nobody awaits a background task before the end
            log("fault", error=traceback.format_exc())
        await asyncio.sleep(AFTER_FAULT_SECONDS)
