"""Requests that no honest client sends: what they get, and that they harm nobody else."""

import pytest

from api_process import AUTHOR, Api, token
from daemons import MariaDb, Redis
from task1.tokens import ISSUER
from test_tokens import bearer, signed
from wire import HOST, answers_to, head

pytestmark = pytest.mark.local

POST = b"POST /api/posts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
BODY = b'{"title":"t","content":"c"}'
INJECTED = ["' OR 1=1 --", "1; DROP TABLE posts", "published' UNION SELECT 1,2,3", "1 OR 1=1"]


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"content-length: 27\r\ncontent-length: 28\r\n\r\n" + BODY,
        POST + b"content-length: 27, 28\r\n\r\n" + BODY,
        POST + b"content-length: +27\r\n\r\n" + BODY,
        POST + b"content-length: -1\r\n\r\n" + BODY,
        POST + b"transfer-encoding: xchunked\r\n\r\n1b\r\n" + BODY + b"\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked, identity\r\n\r\n1b\r\n" + BODY + b"\r\n0\r\n\r\n",
        POST + b"transfer-encoding : chunked\r\n\r\n1b\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nhost: x\r\nx: a\x00b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nhost: x\r\nx: a\r\n folded\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nhost: x\r\nno colon\r\n\r\n",
        b"GET /livez HTTP/2.0\r\nhost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /api/posts?limit=\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
        b"\x00" * 100,
    ],
)
def test_what_is_no_http_gets_400_and_a_closed_connection(standing_api: Api, sent: bytes):
    answer = answers_to(standing_api, sent)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /livez HTTP/1.1\r\nx: " + b"a" * 65_536 + b"\r\n\r\n", b"431"),
        (b"GET /livez HTTP/1.1\r\n" + b"x: a\r\n" * 200 + b"\r\n", b"431"),
        (b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\n\r\n", b"4"),
    ],
)
def test_a_head_beyond_every_proxys_bounds_is_refused(
    standing_api: Api, sent: bytes, status: bytes
):
    assert answers_to(standing_api, sent).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    "framing",
    [
        b"transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n",
    ],
)
def test_what_hides_behind_a_body_of_two_lengths_is_no_request(standing_api: Api, framing: bytes):
    hidden = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"

    answer = answers_to(standing_api, POST + framing + b"\r\n0\r\n\r\n" + hidden)

    assert answer.startswith(b"HTTP/1.1 40")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"5\r\nabcdeX"])
def test_a_bad_chunk_is_a_bad_request(standing_api: Api, chunk: bytes):
    sign = b"authorization: Bearer " + token(AUTHOR).encode() + b"\r\nconnection: close\r\n"

    answer = answers_to(
        standing_api, POST + sign + b"transfer-encoding: chunked\r\n\r\n" + chunk + b"\r\n\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_pipelined_requests_are_answered_in_their_order(standing_api: Api):
    ids = [f"pipelined-{number}" for number in range(20)]
    heads = [head("GET /api/posts", f"x-request-id: {each}") for each in ids]
    last = head("GET /livez", "x-request-id: last", "connection: close")

    answer = answers_to(standing_api, b"".join([*heads, last])).decode()

    told = [line.split(": ")[1] for line in answer.split("\r\n") if "x-request-id" in line]
    assert told == [*ids, "last"]


@pytest.mark.parametrize("path", ["/api/posts", "/api/posts/999", "/health", "/nowhere"])
def test_head_says_what_get_would_without_the_body(standing_api: Api, path: str):
    asked = standing_api.get(path)
    reply = standing_api.ask("HEAD", path)

    assert (reply.status, reply.body) == (asked.status, b"")
    assert reply.headers["content-length"] == str(len(asked.body))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("TRACE", "/api/posts", 405),
        ("CONNECT", "/livez", 405),
        ("OPTIONS", "/api/posts", 405),
        ("OPTIONS", "*", 404),
        ("GET", "//api/posts", 404),
        ("GET", "/api/posts/", 404),
        ("GET", "/api/../metrics", 404),
        ("GET", "/api/%2e%2e/metrics", 404),
        ("GET", "/api/posts/%ff", 404),
        ("GET", "/api/posts/%00", 404),
        ("GET", "/api/posts/%zz", 404),
        ("GET", "/api/posts/1%2f2", 404),
        ("GET", "/api/posts/" + "9" * 4000, 404),
    ],
)
def test_odd_methods_and_paths_get_an_error_in_json(
    standing_api: Api, method: str, path: str, status: int
):
    reply = standing_api.ask(method, path)

    assert reply.status == status
    assert list(reply.json) == ["error"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Content-Encoding", "gzip"),
        ("Content-Encoding", "br, gzip"),
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("Content-Type", ""),
        ("Content-Type", "application/jsonp"),
    ],
)
def test_a_body_that_is_not_plain_json_is_415(standing_api: Api, header: str, value: str):
    reply = standing_api.ask("POST", "/api/posts", BODY, {header: value}, user=AUTHOR)

    assert reply.status == 415
    assert list(reply.json) == ["error"]


@pytest.mark.parametrize(
    "forwarded", [b"\xff\xfe\x80", b"1" * 8192, b"198.18.9.9, " * 1000 + b"x", b"::" * 2000]
)
def test_an_address_that_is_none_counts_as_the_proxys(
    standing_api: Api, standing_redis: Redis, forwarded: bytes
):
    sent = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\nGET /api/posts HTTP/1.1\r\nconnection: close\r\n"
    answer = answers_to(standing_api, sent + HOST + b"x-forwarded-for: " + forwarded + b"\r\n\r\n")

    keys = standing_redis.command("KEYS", "{task1}rl:*").split("\n")

    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert "{task1}rl:127.0.0.1" in keys or "{task1}rl:127.77.0.1" in keys
    assert max(len(key) for key in keys) < 64


@pytest.mark.parametrize(
    "header",
    [
        bearer("garbage"),
        b"Basic YTpi",
        bearer(signed()),
        bearer(signed(algorithm="none", kid="k1")),
        bearer("a" * 8192),
        bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
        b"\xff" * 100,
        bearer(signed(iss=ISSUER + "x")),
    ],
)
@pytest.mark.parametrize("path", ["/api/posts", "/api/users/1"])
def test_a_bad_token_is_401_even_where_none_is_needed(standing_api: Api, path: str, header: bytes):
    field = f"authorization: {header.decode('latin-1')}"

    answer = answers_to(standing_api, head(f"GET {path}", field, "connection: close"))

    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b'\r\nwww-authenticate: Bearer error="invalid_token"\r\n' in answer


@pytest.mark.parametrize("injected", INJECTED)
@pytest.mark.parametrize("name", ["status", "limit", "authorId", "cursor"])
def test_sql_in_a_query_is_400(standing_api: Api, name: str, injected: str):
    quoted = "".join(f"%{byte:02x}" for byte in injected.encode())

    assert standing_api.get(f"/api/posts?{name}={quoted}").status == 400


@pytest.mark.parametrize("injected", INJECTED)
def test_sql_in_a_search_is_words_and_nothing_else(
    standing_api: Api, mariadb: MariaDb, standing_database: str, injected: str
):
    quoted = "".join(f"%{byte:02x}" for byte in injected.encode())

    status = standing_api.get(f"/api/posts/search?q={quoted}").status

    assert status in (200, 400)
    assert ["posts"] in mariadb.sql(f"SHOW TABLES FROM {standing_database}")


def test_no_client_makes_labels_for_the_metrics(standing_api: Api):
    standing_api.ask("BREW", "/pot")
    # To be asked for its metrics is a request with labels as well.
    _series(standing_api)
    before = _series(standing_api)

    for number in range(50):
        standing_api.ask(f"BREW{number}", f"/pot/{number}", client=f"198.51.100.{number}")

    assert _series(standing_api) == before


def _series(api: Api) -> int:
    return len(api.raw("GET", "/metrics", None, {}).body.splitlines())
