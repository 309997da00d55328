"""Users as others read them."""

from collections.abc import Mapping, Sequence

import msgspec

from task1.database import Database
from task1.http import RefusedError, Request, encode
from task1.loader import Loader
from task1.mysql import moment
from task1.post_shapes import Moment
from task1.routes import Route, Wanted, id_of

NAMESPACE = "users"
MISSING = "no such user"


class User(msgspec.Struct, frozen=True, rename="camel"):
    """A user as others read them: without the e-mail address."""

    id: int
    name: str
    created_at: Moment


class Users:
    """Handlers under `/api/users`."""

    def __init__(self, database: Database) -> None:
        self._load = users_by_id(database)

    def routes(self) -> Sequence[Route]:
        """All that is answered here."""
        return (
            Route(
                method="GET",
                path="/api/users/{id}",
                summary="One user",
                wanted=self.one,
                signed_in=True,
                answers={200: User},
                refusals=(404,),
            ),
        )

    def one(self, request: Request) -> Wanted:
        """GET /api/users/{id}, for those who are signed in."""
        user_id = id_of(request, MISSING)

        async def load(fresh: bool) -> bytes:  # noqa: FBT001  # the shape of a Load
            user = (await self._load[fresh].load((user_id,))).get(user_id)
            if user is None:
                raise RefusedError(404, MISSING)
            return encode(user)

        return Wanted(NAMESPACE, f"one:{user_id}", load)


def users_by_id(database: Database) -> Mapping[bool, Loader[int, User]]:
    """Users by their ids: one statement for all that are asked for at one moment.

    One loader by a reader, one for `fresh` rows: who must see a write is not batched with others.
    """
    return {fresh: _users_by_id(database, fresh=fresh) for fresh in (False, True)}


def _users_by_id(database: Database, *, fresh: bool) -> Loader[int, User]:
    async def fetch(ids: Sequence[int]) -> dict[int, User]:
        places = ", ".join(["%s"] * len(ids))
        select = f"SELECT id, name, {moment('createdAt')} FROM users WHERE id IN ({places})"  # noqa: S608  # placeholders only
        rows = await database.read(select, ids, fresh=fresh)
        return {user_id: User(user_id, name, created) for user_id, name, created in rows}

    return Loader(fetch)
