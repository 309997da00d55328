"""Sessions: families of refresh tokens in the database, each token good for one use.

Pods keep none of it, so requests need no sticky sessions. What is stored is a token's hash: who
reads the table cannot sign in with what stands there.
"""

import hashlib
import secrets
from collections.abc import Sequence

import msgspec

from task1.database import Connection, Database, Row, run
from task1.tokens import SECONDS, Tokens, unauthorized

GRACE_SECONDS = 10
"""Two tabs may refresh at once: the second of them is no thief."""
EXPIRED_AT_ONCE = 100
"""Tokens of the past that a sign-in clears away."""

_INSERT = (
    "INSERT INTO refresh_tokens (tokenHash, familyId, userId, issuedAt, expiresAt)"
    " VALUES (%s, %s, %s, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL %s SECOND)"
)
_FIND = (
    "SELECT familyId, userId, expiresAt > UTC_TIMESTAMP(3),"
    " rotatedAt IS NULL OR rotatedAt > UTC_TIMESTAMP(3) - INTERVAL %s SECOND"
    " FROM refresh_tokens WHERE tokenHash = %s FOR UPDATE"
)
_ROTATE = (
    "UPDATE refresh_tokens SET rotatedAt = COALESCE(rotatedAt, UTC_TIMESTAMP(3))"
    " WHERE tokenHash = %s"
)
_END = "DELETE FROM refresh_tokens WHERE familyId = %s"
_CLEAR = f"DELETE FROM refresh_tokens WHERE expiresAt < UTC_TIMESTAMP(3) LIMIT {EXPIRED_AT_ONCE}"  # noqa: S608  # a constant


class Signed(msgspec.Struct, frozen=True, rename="camel"):
    """What lets a client in: for 15 minutes, and anew for 7 days."""

    access_token: str
    refresh_token: str
    expires_in: int
    """Seconds that the access token is good for."""
    token_type: str = "Bearer"  # noqa: S105  # a scheme's name


class Sessions:
    """Begins, goes on with and ends them."""

    def __init__(self, database: Database, tokens: Tokens) -> None:
        self._database = database
        self._tokens = tokens

    async def begin(self, user_id: int) -> Signed:
        """A new family."""

        async def write(connection: Connection) -> Signed:
            await run(connection, _CLEAR)
            return await self._issue(connection, user_id, secrets.token_hex(16))

        return await self._database.write(write)

    async def refresh(self, token: str) -> Signed:
        """New tokens for a refresh token, once.

        A token that comes a second time was copied, by whom nobody can tell: its whole family
        ends. Raises `RefusedError` 401.
        """
        user_id, _ = self._tokens.verify(token, "refresh")
        hashed = _hash(token)

        async def write(connection: Connection) -> Signed | None:
            found = await run(connection, _FIND, (GRACE_SECONDS, hashed))
            return await self._next(connection, user_id, hashed, found)

        signed = await self._database.write(write)
        if signed is None:
            raise unauthorized("the refresh token is not valid; sign in")
        return signed

    async def end(self, token: str) -> None:
        """End the token's family, if it has one. Raises `RefusedError` 401 for a forged token."""
        self._tokens.verify(token, "refresh")

        async def write(connection: Connection) -> None:
            found = await run(connection, _FIND, (GRACE_SECONDS, _hash(token)))
            if found:
                await run(connection, _END, (found[0][0],))

        await self._database.write(write)

    async def _next(
        self, connection: Connection, user_id: int, hashed: str, found: Sequence[Row]
    ) -> Signed | None:
        if not found:
            return None
        family, owner, alive, first_use = found[0]
        if not alive or owner != user_id:
            return None
        if not first_use:
            await run(connection, _END, (family,))
            return None
        await run(connection, _ROTATE, (hashed,))
        return await self._issue(connection, user_id, family)

    async def _issue(self, connection: Connection, user_id: int, family: str) -> Signed:
        token = self._tokens.sign("refresh", user_id)
        values = (_hash(token), family, user_id, SECONDS["refresh"])
        await run(connection, _INSERT, values)
        access = self._tokens.sign("access", user_id)
        return Signed(access, token, SECONDS["access"])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
