"""Accounts and sessions: register, sign in, refresh with rotation, sign out."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api_process import JWT_KEYS, Api, Reply, a_client
from conftest import StartApi
from daemons import MariaDb, Redis, eventually
from task1.config import parse_jwt_keys
from task1.sessions import GRACE_SECONDS
from task1.tokens import Tokens

pytestmark = pytest.mark.local

EVA: dict[str, Any] = {"email": "eva@example.com", "name": "Eva", "password": "correct horse"}


def send(api: Api, path: str, body: object = None, **headers: str) -> Reply:
    given = json.dumps({} if body is None else body)
    return api.ask("POST", f"/api/auth/{path}", given, headers)


def login(api: Api, password: str = EVA["password"], client: str | None = None) -> Reply:
    body = json.dumps({"email": EVA["email"], "password": password})
    return api.ask("POST", "/api/auth/login", body, client=client)


def refresh(api: Api, token: str) -> Reply:
    return send(api, "refresh", {"refreshToken": token})


@pytest.fixture
def eva(api: Api) -> Any:
    """Her tokens, as registering gave them."""
    eventually(lambda: api.get("/health").json["cache"] == "up")
    made = send(api, "register", EVA)
    assert made.status == 201, made
    return made.json


def test_who_registers_is_signed_in(api: Api, eva: Any):
    headers = {"Authorization": f"Bearer {eva['accessToken']}"}

    posted = api.ask("POST", "/api/posts", '{"title": "t", "content": "c"}', headers)

    assert eva["user"]["email"] == "eva@example.com"
    assert (eva["expiresIn"], eva["tokenType"]) == (900, "Bearer")
    assert posted.json["author"] == {"id": eva["user"]["id"], "name": "Eva"}


def test_no_answer_and_no_table_holds_the_password(
    api: Api, eva: Any, mariadb: MariaDb, standing_database: str
):
    (stored,) = mariadb.sql(
        f"SELECT passwordHash FROM {standing_database}.users WHERE email LIKE 'eva%'"
    )

    assert stored[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert EVA["password"] not in json.dumps(eva) + api.log.read_text()


@pytest.mark.parametrize("email", ["eva@example.com", "EVA@Example.com"])
def test_an_address_has_one_account(api: Api, eva: Any, email: str):
    again = send(api, "register", {**EVA, "email": email})

    assert (again.status, again.json["error"]) == (409, "the e-mail address has an account")


def test_of_two_who_register_one_address_at_once_one_gets_it(api: Api):
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda _: send(api, "register", EVA).status, range(4)))

    assert sorted(got) == [201, 409, 409, 409]


@pytest.mark.parametrize(
    "changed",
    [
        {"email": "eva"},
        {"email": "e va@example.com"},
        {"email": "eva@example.com\n"},
        {"email": "eva\x1c@example.com"},
        {"email": f"{'e' * 250}@example.com"},
        {"email": f"{'İ' * 240}@example.com"},
        {"name": ""},
        {"name": " "},
        {"password": "short"},
        {"password": "p" * 201},
        {"admin": True},
    ],
)
def test_a_bad_registration_is_refused(api: Api, changed: dict[str, Any]):
    assert send(api, "register", {**EVA, **changed}).status == 422


def test_the_right_password_signs_in(api: Api, eva: Any):
    assert login(api).status == 200


@pytest.mark.parametrize(
    "body",
    [
        {"email": EVA["email"], "password": "wrong horse"},
        {"email": "nobody@example.com", "password": EVA["password"]},
        {"email": "' OR 1=1 --", "password": EVA["password"]},
    ],
)
def test_a_wrong_address_and_a_wrong_password_get_one_answer(
    api: Api, eva: Any, body: dict[str, str]
):
    reply = send(api, "login", body)

    assert (reply.status, reply.json) == (401, {"error": "e-mail or password is wrong"})


def test_the_sixth_attempt_for_an_account_is_refused_from_wherever(api: Api, eva: Any):
    # Registering was the first.
    wrong = [login(api, "wrong horse").status for _ in range(4)]

    right = login(api)

    assert wrong == [401] * 4
    assert right.status == 429


def test_the_sixth_attempt_of_an_address_is_refused_for_whomever(api: Api, eva: Any):
    client = a_client()
    bodies = [json.dumps({"email": f"{n}@example.com", "password": "x"}) for n in range(6)]

    got = [api.ask("POST", "/api/auth/login", body, client=client).status for body in bodies]

    assert got == [401] * 5 + [429]


def test_without_redis_sign_in_closes_after_five_attempts(start_api: StartApi, redis: Redis):
    api = start_api()
    redis.kill()
    eventually(lambda: api.get("/health").json["cache"] == "down")
    client = a_client()

    got = [login(api, client=client) for _ in range(6)]

    assert [reply.status for reply in got] == [401] * 5 + [503]
    assert got[5].headers["retry-after"] == "5"


def test_a_refresh_gives_new_tokens(api: Api, eva: Any):
    fresh = refresh(api, eva["refreshToken"])

    assert fresh.status == 200
    assert fresh.json["refreshToken"] != eva["refreshToken"]
    assert refresh(api, fresh.json["refreshToken"]).status == 200


def test_two_tabs_may_refresh_at_once(api: Api, eva: Any):
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(lambda _: refresh(api, eva["refreshToken"]).status, range(2)))

    assert got == [200, 200]


def test_a_token_that_comes_again_ends_its_whole_family(
    api: Api, eva: Any, mariadb: MariaDb, standing_database: str
):
    stolen = eva["refreshToken"]
    fresh = refresh(api, stolen).json["refreshToken"]
    mariadb.sql(
        f"UPDATE {standing_database}.refresh_tokens SET rotatedAt = rotatedAt - INTERVAL"
        f" {GRACE_SECONDS + 1} SECOND WHERE rotatedAt IS NOT NULL"
    )

    again = refresh(api, stolen)

    assert again.status == 401
    assert refresh(api, fresh).status == 401
    assert mariadb.sql(f"SELECT COUNT(*) FROM {standing_database}.refresh_tokens")[0][0] == "0"


def test_another_session_outlives_the_family(api: Api, eva: Any):
    other = login(api).json["refreshToken"]
    send(api, "logout", {"refreshToken": eva["refreshToken"]})

    assert refresh(api, eva["refreshToken"]).status == 401
    assert refresh(api, other).status == 200


def test_what_is_stored_is_no_token(api: Api, eva: Any, mariadb: MariaDb, standing_database: str):
    rows = mariadb.sql(f"SELECT * FROM {standing_database}.refresh_tokens")

    assert len(rows) == 1
    assert eva["refreshToken"] not in json.dumps(rows)


def test_an_expired_session_refreshes_nothing(
    api: Api, eva: Any, mariadb: MariaDb, standing_database: str
):
    mariadb.sql(f"UPDATE {standing_database}.refresh_tokens SET expiresAt = '2020-01-01'")

    assert refresh(api, eva["refreshToken"]).status == 401


@pytest.mark.parametrize("purpose", ["access", "refresh"])
def test_a_token_that_was_never_given_refreshes_nothing(api: Api, purpose: Any):
    token = Tokens(parse_jwt_keys(JWT_KEYS)).sign(purpose, 1)

    assert refresh(api, token).status == 401


def test_a_refresh_token_lets_nobody_in(api: Api, eva: Any):
    headers = {"Authorization": f"Bearer {eva['refreshToken']}"}

    assert api.ask("GET", "/api/users/1", headers=headers).status == 401


def test_a_browser_refreshes_by_its_cookie(api: Api, eva: Any):
    given = login(api).headers["set-cookie"]
    name_and_value, *rest = given.split("; ")

    fresh = send(api, "refresh", Cookie=f"other=1; {name_and_value}")

    assert name_and_value.startswith("__Host-rt=")
    assert rest == ["Path=/", "Max-Age=604800", "HttpOnly", "Secure", "SameSite=Strict"]
    assert fresh.status == 200


def test_signing_out_takes_the_cookie_away(api: Api, eva: Any):
    out = send(api, "logout", {"refreshToken": eva["refreshToken"]})

    assert (out.status, out.body) == (204, b"")
    assert "__Host-rt=; Path=/; Max-Age=0" in out.headers["set-cookie"]


@pytest.mark.parametrize("path", ["refresh", "logout"])
@pytest.mark.parametrize("cookie", ["", "__Host-rt=", "__Host-rt=x", 'a="', ";=;,="])
def test_without_a_good_token_there_is_no_session(api: Api, path: str, cookie: str):
    assert send(api, path, Cookie=cookie).status == 401


def test_a_user_is_read_without_the_address(api: Api, eva: Any):
    headers = {"Authorization": f"Bearer {eva['accessToken']}"}

    found = api.ask("GET", "/api/users/1", headers=headers)

    assert found.status == 200
    assert set(found.json) == {"id", "name", "createdAt"}
    assert found.json["name"] == "Ada"


def test_users_are_for_those_who_are_signed_in(api: Api):
    reply = api.get("/api/users/1")

    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_a_user_who_is_not_there_is_404(api: Api):
    assert api.get("/api/users/999", user=1).status == 404
