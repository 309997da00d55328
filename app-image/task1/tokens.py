"""Access and refresh tokens: signed (HS256), short-lived, each good for its one purpose."""

import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import jwt

from task1.config import JwtKey
from task1.http import RefusedError

Purpose = Literal["access", "refresh"]

ISSUER, AUDIENCE = "task1", "task1-api"
ALGORITHM = "HS256"
SECONDS: Mapping[Purpose, int] = {"access": 15 * 60, "refresh": 7 * 24 * 3600}
"""The scaling guide's 15 minutes and 7 days."""
LONGEST_TOKEN = 2_048
KEPT_TOKENS = 10_000
"""Access tokens whose signature was seen to be good; checking one takes 49 us."""

_CHALLENGE = (b"www-authenticate", b'Bearer error="invalid_token"')
_REQUIRED = ["iss", "aud", "sub", "iat", "exp", "jti", "typ"]


class Tokens:
    """Signs with the first key, verifies with all: a new key signs nobody out."""

    def __init__(self, keys: Sequence[JwtKey]) -> None:
        self._signing = keys[0]
        self._secrets = {key.id: key.secret for key in keys}
        self._good: dict[bytes, tuple[int, float]] = {}

    def sign(self, purpose: Purpose, user_id: int) -> str:
        """A new token of that user."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "iat": now,
            "exp": now + SECONDS[purpose],
            "jti": secrets.token_urlsafe(16),
            "typ": purpose,
        }
        headers = {"kid": self._signing.id}
        return jwt.encode(claims, self._signing.secret, algorithm=ALGORITHM, headers=headers)

    def verify(self, token: str, purpose: Purpose) -> tuple[int, float]:
        """Whose it is, and when it ends (Unix time). Raises `RefusedError` 401."""
        try:
            claims = self._claims(token)
            user_id, end = int(claims["sub"]), float(claims["exp"])
        except (jwt.InvalidTokenError, ValueError) as error:
            raise unauthorized("the token is not valid") from error
        if claims["typ"] != purpose:
            raise unauthorized("the token is not valid here")
        return user_id, end

    def bearer(self, header: bytes | None) -> int | None:
        """The user whose access token the Authorization header carries; none without the header.

        Raises `RefusedError` 401 for any header that is no good token.
        """
        if header is None:
            return None
        known = self._good.get(header)
        if known is not None and known[1] > time.time():
            return known[0]
        scheme, _, token = header.partition(b" ")
        if scheme.lower() != b"bearer":
            raise unauthorized("use Authorization: Bearer and an access token")
        found = self.verify(token.strip().decode("latin-1"), "access")
        if len(self._good) >= KEPT_TOKENS:
            self._good.clear()
        self._good[header] = found
        return found[0]

    def _claims(self, token: str) -> Mapping[str, Any]:
        # A longer one is not ours, and parsing it costs.
        if len(token) > LONGEST_TOKEN:
            raise jwt.InvalidTokenError("too long")
        secret = self._secrets.get(str(jwt.get_unverified_header(token).get("kid")))
        if secret is None:
            raise jwt.InvalidTokenError("unknown key")
        return jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": _REQUIRED},
        )


def unauthorized(message: str) -> RefusedError:
    """401 as RFC 6750 wants it."""
    return RefusedError(401, message, (_CHALLENGE,))
