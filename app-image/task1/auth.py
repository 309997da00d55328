"""Register, sign in, refresh, sign out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Annotated

import msgspec
from asyncmy.errors import MySQLError

from task1.cache import Cache
from task1.database import Connection, Database, code_of, insert
from task1.http import Answer, Header, RefusedError, Request, encode
from task1.limits import SignInLimit
from task1.passwords import Passwords
from task1.post_shapes import Moment
from task1.routes import Route
from task1.sessions import Sessions, Signed
from task1.tokens import SECONDS, Tokens, unauthorized

PATH = "/api/auth"
COOKIE = "__Host-rt"
"""A browser keeps it for this host and https only, out of reach of scripts; other sites cannot
make it be sent."""

_INSERT = (
    "INSERT INTO users (email, name, passwordHash, createdAt) VALUES (%s, %s, %s, UTC_TIMESTAMP(3))"
)
_FIND = "SELECT id, passwordHash FROM users WHERE email = %s"
DUPLICATE = 1062
"""A unique key has refused the row."""
_WRONG = "e-mail or password is wrong"

LONGEST_EMAIL = 255
"""Characters; a few letters become two when they are made small."""
_PART = r"[^@\s\u0000-\u0020\u007f-\u00a0]+"
"""No space and no control character, where Python and JSON Schema differ in what those are."""
Email = Annotated[
    str,
    msgspec.Meta(
        min_length=3, max_length=LONGEST_EMAIL, pattern=rf"^{_PART}@{_PART}\.{_PART}$(?!\n)"
    ),
]
Password = Annotated[str, msgspec.Meta(min_length=10, max_length=200)]
"""NIST SP 800-63B asks for 8 or more, and for no rules of which characters."""


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants an account."""

    email: Email
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"\S")]
    password: Password


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants in."""

    email: Annotated[str, msgspec.Meta(max_length=255)]
    password: Annotated[str, msgspec.Meta(max_length=200)]


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A refresh token; a browser sends it as a cookie instead, and an empty object."""

    refresh_token: Annotated[str, msgspec.Meta(max_length=2048)] | None = None


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """Whose tokens these are."""

    id: int
    email: str
    name: str
    created_at: Moment


class Registered(msgspec.Struct, frozen=True, rename="camel"):
    """A new account and its first tokens."""

    user: Account
    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str


class Auth:
    """Handlers under `/api/auth`."""

    def __init__(
        self, database: Database, cache: Cache, tokens: Tokens, limit: SignInLimit
    ) -> None:
        self._database = database
        self._cache = cache
        self._limit = limit
        self._sessions = Sessions(database, tokens)
        self._passwords = Passwords()
        self._registration = msgspec.json.Decoder(Registration)
        self._login = msgspec.json.Decoder(Login)
        self._refresh = msgspec.json.Decoder(Refresh)

    def routes(self) -> Sequence[Route]:
        """All that is answered here."""
        return (
            Route(
                method="POST",
                path=f"{PATH}/register",
                summary="Make an account",
                handler=self.register,
                body=Registration,
                answers={201: Registered},
                refusals=(409,),
            ),
            Route(
                method="POST",
                path=f"{PATH}/login",
                summary="Sign in",
                handler=self.login,
                body=Login,
                answers={200: Signed},
            ),
            Route(
                method="POST",
                path=f"{PATH}/refresh",
                summary="New tokens for a refresh token, once",
                handler=self.refresh,
                body=Refresh,
                answers={200: Signed},
            ),
            Route(
                method="POST",
                path=f"{PATH}/logout",
                summary="End the session of a refresh token",
                handler=self.logout,
                body=Refresh,
                answers={204: None},
            ),
        )

    async def register(self, request: Request) -> Answer:
        """POST /api/auth/register: 201 and tokens; 409 when the address has an account."""
        new = await request.body(self._registration)
        email = new.email.lower()
        if len(email) > LONGEST_EMAIL:
            raise RefusedError(422, f"the e-mail address has more than {LONGEST_EMAIL} characters")
        await self._limit.attempt(request.client, email)
        hashed = await self._passwords.hash(new.password)

        async def write(connection: Connection) -> int:
            return await insert(connection, _INSERT, (email, new.name, hashed))

        try:
            user_id = await self._database.write(write)
        except MySQLError as error:
            # Asked of the key, not before: two may register one address at once.
            if code_of(error) != DUPLICATE:
                raise
            raise RefusedError(409, "the e-mail address has an account") from error
        await self._cache.forget()
        signed = await self._sessions.begin(user_id)
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        account = Account(user_id, email, new.name, now)
        body = Registered(account, *msgspec.structs.astuple(signed))
        return Answer(201, encode(body), (_cookie(signed.refresh_token),))

    async def login(self, request: Request) -> Answer:
        """POST /api/auth/login: tokens; one 401 for an unknown address and a wrong password."""
        given = await request.body(self._login)
        email = given.email.lower()
        await self._limit.attempt(request.client, email)
        rows = await self._database.read(_FIND, (email,), fresh=True)
        user_id, kept = rows[0] if rows else (0, None)
        if not await self._passwords.matches(kept, given.password):
            raise unauthorized(_WRONG)
        return _signed(await self._sessions.begin(user_id))

    async def refresh(self, request: Request) -> Answer:
        """POST /api/auth/refresh: by the body's token, or the cookie's."""
        return _signed(await self._sessions.refresh(await self._token(request)))

    async def logout(self, request: Request) -> Answer:
        """POST /api/auth/logout: the session's refresh tokens are gone.

        An access token is good until it ends, 15 minutes after it was made at most.
        """
        await self._sessions.end(await self._token(request))
        return Answer(204, headers=(_cookie("", seconds=0),))

    def close(self) -> None:
        """End the thread for passwords."""
        self._passwords.close()

    async def _token(self, request: Request) -> str:
        token = (await request.body(self._refresh)).refresh_token or _cookie_of(request)
        if not token:
            raise unauthorized("no refresh token, neither in the body nor as a cookie")
        return token


def _signed(signed: Signed) -> Answer:
    return Answer(200, encode(signed), (_cookie(signed.refresh_token),))


def _cookie(value: str, *, seconds: int = SECONDS["refresh"]) -> Header:
    parts = f"{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Strict"
    return (b"set-cookie", parts.encode())


def _cookie_of(request: Request) -> str:
    try:
        cookies = SimpleCookie(request.headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
