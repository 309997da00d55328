"""Who wrote posts: their names are kept, for they rarely change and most pages have the same."""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from task1.database import Database, Row, UnavailableError
from task1.post_shapes import AUTHOR_ID, Author
from task1.users import users_by_id

KEPT_SECONDS = 300.0
"""As long as a page is kept. No route changes a name."""
MOST_KEPT = 20_000
"""Authors, in some 3 MiB."""


class Authors:
    """The authors of posts, without a join: it takes a page's statement a seventh more."""

    def __init__(self, database: Database) -> None:
        self._load = users_by_id(database)
        self._kept: dict[int, Author | None] = {}
        self._kept_until = 0.0

    async def of(self, rows: Iterable[Row], *, fresh: bool) -> Mapping[int, Author | None]:
        """The authors of rows by their ids; none for one who is gone."""
        now = time.monotonic()
        if now >= self._kept_until or len(self._kept) > MOST_KEPT:
            self._kept, self._kept_until = {}, now + KEPT_SECONDS
        kept = self._kept
        unknown = set(map(AUTHOR_ID, rows)).difference(kept)
        unknown.discard(None)
        if unknown:
            kept.update(await self._loaded(unknown, fresh=fresh))
        return kept

    async def _loaded(self, ids: set[int], *, fresh: bool) -> Mapping[int, Author | None]:
        users = await self._load[fresh].load(ids)
        known = ids.intersection(users)
        found: dict[int, Author | None] = {each: Author(each, users[each].name) for each in known}
        missing = ids - known
        if fresh or not missing:
            return found | dict.fromkeys(missing)
        # A reader may not yet have whom the page's reader has; nobody is kept as gone by its word.
        with suppress(UnavailableError):
            found |= await self._loaded(missing, fresh=True)
        return found
