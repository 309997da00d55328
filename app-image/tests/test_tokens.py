"""Tokens: whose they are, and every way in which one is no good."""

import time
from typing import Any

import jwt
import pytest

from task1.config import JwtKey
from task1.http import RefusedError
from task1.tokens import AUDIENCE, ISSUER, KEPT_TOKENS, Tokens

KEY, OLD = JwtKey("k2", "new secret " * 6), JwtKey("k1", "old secret " * 6)


def signed(
    key: JwtKey = KEY, algorithm: str = "HS256", kid: str | None = None, **changed: Any
) -> str:
    """A token as another could make it; a claim that is None is left out."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "7",
        "iat": now,
        "exp": now + 900,
        "jti": "j",
        "typ": "access",
        **changed,
    }
    given = {name: value for name, value in claims.items() if value is not None}
    secret = None if algorithm == "none" else key.secret
    return jwt.encode(given, secret, algorithm=algorithm, headers={"kid": kid or key.id})


def bearer(token: str) -> bytes:
    return f"Bearer {token}".encode()


def test_an_access_token_tells_its_user():
    tokens = Tokens([KEY])

    assert tokens.bearer(bearer(tokens.sign("access", 7))) == 7


def test_without_a_header_there_is_no_user():
    assert Tokens([KEY]).bearer(None) is None


def test_a_token_of_an_older_key_is_good():
    assert Tokens([KEY, OLD]).bearer(bearer(signed(OLD))) == 7


def test_the_first_key_signs():
    token = Tokens([KEY, OLD]).sign("access", 7)

    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "k2", "typ": "JWT"}


def test_access_lasts_15_minutes_and_refresh_7_days():
    tokens = Tokens([KEY])
    lasts: dict[str, int] = {}
    for purpose in ("access", "refresh"):
        token = tokens.sign(purpose, 7)
        claims = jwt.decode(token, options={"verify_signature": False})
        lasts[purpose] = claims["exp"] - claims["iat"]

    assert lasts == {"access": 900, "refresh": 604_800}


@pytest.mark.parametrize(
    "header",
    [
        bearer("garbage"),
        bearer(""),
        b"Basic YTpi",
        b"Bearer",
        b"\xff\xfe",
        bearer("a.b.c"),
        bearer(signed(OLD)),
        bearer(signed(OLD, kid="k2")),
        bearer(signed(algorithm="none")),
        bearer(signed(algorithm="HS512")),
        bearer(signed(exp=int(time.time()) - 1)),
        bearer(signed(typ="refresh")),
        bearer(signed(typ=None)),
        bearer(signed(iss="another")),
        bearer(signed(aud="another")),
        bearer(signed(sub=None)),
        bearer(signed(sub="x")),
        bearer(signed(exp=None)),
        bearer(signed(jti="j" * 8192)),
    ],
)
def test_any_other_header_is_refused(header: bytes):
    with pytest.raises(RefusedError, match=r"token") as caught:
        Tokens([KEY]).bearer(header)

    assert caught.value.answer.status == 401
    assert caught.value.answer.headers[0][0] == b"www-authenticate"


def test_an_access_token_refreshes_nothing():
    tokens = Tokens([KEY])

    with pytest.raises(RefusedError, match="not valid"):
        tokens.verify(tokens.sign("access", 7), "refresh")


def test_a_token_that_was_seen_ends_all_the_same(monkeypatch: pytest.MonkeyPatch):
    tokens = Tokens([KEY])
    header = bearer(tokens.sign("access", 7))
    tokens.bearer(header)
    later = time.time() + 901

    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(jwt.api_jwt, "datetime", _Clock(later))

    with pytest.raises(RefusedError, match="not valid"):
        tokens.bearer(header)


class _Clock:
    """What PyJWT asks for the time."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self, **_: object) -> "_Clock":
        return self

    def timestamp(self) -> float:
        return self._now


def test_tokens_that_were_seen_take_bounded_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("task1.tokens.KEPT_TOKENS", 3)
    tokens = Tokens([KEY])

    for user in range(10):
        tokens.bearer(bearer(tokens.sign("access", user)))

    assert len(tokens._good) <= 3 < KEPT_TOKENS


def test_a_key_shows_no_secret():
    assert "secret" not in repr(KEY)
