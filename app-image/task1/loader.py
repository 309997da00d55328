"""One statement for all ids that are asked for at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

MOST_IDS = 500
"""In one statement; more make several."""

Id = TypeVar("Id", bound=Hashable)
Value = TypeVar("Value")


class Loader(Generic[Id, Value]):
    """Collects the ids of one turn of the event loop; keeps nothing beyond it."""

    def __init__(self, fetch: Callable[[Sequence[Id]], Awaitable[Mapping[Id, Value]]]) -> None:
        self._fetch = fetch
        self._asked: dict[Id, None] = {}
        """In the order in which they were asked for."""
        self._answer: asyncio.Task[Mapping[Id, Value]] | None = None

    async def load(self, wanted: Iterable[Id]) -> Mapping[Id, Value]:
        """What belongs to each id, and to those of others; an id that has nothing is not in it."""
        self._asked.update(dict.fromkeys(wanted))
        if self._answer is None:
            self._answer = asyncio.create_task(self._fetched())
        # Others wait for the same one: who leaves must not end it.
        return await asyncio.shield(self._answer)

    async def _fetched(self) -> Mapping[Id, Value]:
        asked, self._asked, self._answer = list(self._asked), {}, None
        found: dict[Id, Value] = {}
        for first in range(0, len(asked), MOST_IDS):
            found.update(await self._fetch(asked[first : first + MOST_IDS]))
        return found
