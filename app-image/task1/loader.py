"""One statement for all ids that are asked for at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

MOST_IDS = 500
"""In one statement; more make several."""

Id = TypeVar("Id", bound=Hashable)
Value = TypeVar("Value")


class Loader(Generic[Id, Value]):
    """Collects the ids of one turn of the event loop; keeps nothing beyond it."""

    def __init__(self, fetch: Callable[[Sequence[Id]], Awaitable[Mapping[Id, Value]]]) -> None:
        self._fetch = fetch
        self._asked: dict[Id, asyncio.Future[Value | None]] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def load(self, wanted: Id) -> Value | None:
        """What belongs to the id; none where there is nothing."""
        if not self._asked:
            asyncio.get_running_loop().call_soon(self._start)
        future = self._asked.setdefault(wanted, asyncio.get_running_loop().create_future())
        # Others wait for the same one: who leaves must not end it.
        return await asyncio.shield(future)

    def _start(self) -> None:
        asked, self._asked = list(self._asked.items()), {}
        for first in range(0, len(asked), MOST_IDS):
            task = asyncio.create_task(self._answer(dict(asked[first : first + MOST_IDS])))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _answer(self, asked: dict[Id, asyncio.Future[Value | None]]) -> None:
        try:
            found = await self._fetch(list(asked))
        except Exception as error:  # noqa: BLE001  # it is raised where it was asked for
            for future in asked.values():
                future.set_exception(error)
        else:
            for wanted, future in asked.items():
                future.set_result(found.get(wanted))
