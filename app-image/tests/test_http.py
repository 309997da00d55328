"""What every route has in common: headers, methods, sizes, health."""

import contextlib
import http.client
import socket

import pytest

from api_process import AUTHOR, RELEASE, Api, token
from daemons import ADDRESS
from task1.http import BODY_BYTES

pytestmark = pytest.mark.local


def post_head() -> bytes:
    """A post's head up to its length; its token is of now, since one is good for minutes only."""
    return (
        b"POST /api/posts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"authorization: Bearer %b\r\n" % token(AUTHOR).encode()
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/livez", None, 200),
        ("GET", "/health", None, 200),
        ("GET", "/api/posts", None, 200),
        ("HEAD", "/api/posts", None, 200),
        ("POST", "/api/posts", b'{"title": "t", "content": "c"}', 201),
        ("POST", "/api/posts", b"{", 400),
        ("GET", "/api/posts/9", None, 404),
        ("GET", "/nowhere", None, 404),
        ("DELETE", "/api/posts", None, 405),
        ("POST", "/api/posts", b"[]", 422),
    ],
)
def test_every_answer_names_the_release(
    api: Api, method: str, path: str, body: bytes | None, status: int
):
    reply = api.ask(method, path, body, user=AUTHOR)

    assert reply.status == status
    assert reply.headers["x-release"] == RELEASE
    assert reply.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/posts", "GET, POST, HEAD"),
        ("POST", "/api/posts/1", "GET, PATCH, DELETE, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("OPTIONS", "/livez", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(api: Api, method: str, path: str, allow: str):
    reply = api.ask(method, path)

    assert (reply.status, reply.headers["allow"]) == (405, allow)


def test_health_tells_what_was_seen_last(api: Api):
    health = api.get("/health").json

    assert health["status"] == "ok"
    assert health["release"] == RELEASE
    assert health["database"] == "seen"


def test_health_tells_the_level_of_the_images_migrations(api: Api):
    assert api.get("/health").json["level"] == 3


def test_a_large_body_is_refused_before_it_is_read(api: Api):
    head = post_head() + b"content-length: 50000000\r\n\r\n"

    with socket.create_connection((ADDRESS, api.port), timeout=60) as client:
        client.sendall(head)
        answer = client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_large_body_of_unknown_length_is_refused(api: Api):
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    # Nothing beyond the byte that is too much: what a server leaves unread makes it reset.
    chunks = chunk * (BODY_BYTES // 0x8000) + b"1\r\nx\r\n"
    head = post_head() + b"transfer-encoding: chunked\r\n\r\n"

    with socket.create_connection((ADDRESS, api.port), timeout=60) as client:
        client.sendall(head + chunks)
        answer = client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_connection_serves_many_requests(api: Api):
    statuses: list[int] = []

    with contextlib.closing(http.client.HTTPConnection(ADDRESS, api.port, timeout=60)) as client:
        client.connect()
        # Else a closed connection would be made anew, unseen.
        client.auto_open = 0
        for _ in range(3):
            client.request("GET", "/livez")
            response = client.getresponse()
            response.read()
            statuses.append(response.status)

    assert statuses == [200] * 3
