"""Users as others read them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from task1.database import Database
from task1.http import RefusedError, Request, encode
from task1.post_shapes import utc
from task1.routes import Route, Wanted, id_of

NAMESPACE = "users"
MISSING = "no such user"
_ONE = "SELECT id, name, createdAt FROM users WHERE id = %s"


class User(msgspec.Struct, frozen=True, rename="camel"):
    """A user as others read them: without the e-mail address."""

    id: int
    name: str
    created_at: datetime


class Users:
    """Handlers under `/api/users`."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            rows = await self._database.read(_ONE, (user_id,), fresh=fresh)
            if not rows:
                raise RefusedError(404, MISSING)
            found, name, created_at = rows[0]
            return encode(User(found, name, utc(created_at)))

        return Wanted(NAMESPACE, f"one:{user_id}", load)
