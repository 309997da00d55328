"""An event loop in a thread: lets plain tests share what runs asynchronously."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """Runs coroutines one after the other on its loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, what: Coroutine[Any, Any, T], timeout_seconds: float = 90) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout_seconds)


@contextmanager
def background() -> Iterator[Background]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield Background(loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
