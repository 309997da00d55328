"""Clients that dawdle, hold connections, send too much or leave: the others do not notice."""

import contextlib
import resource
import select
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_process import OTHER, Api
from conftest import StartApi
from daemons import ADDRESS, MariaDb, eventually
from task1.app import MOST_IN_FLIGHT
from wire import answers_to, connected, head, until_closed

pytestmark = pytest.mark.local

HALF = b"GET /api/posts HTTP/1.1\r\nhost: x\r\n"
LOGOUT = "POST /api/auth/logout"
JSON = "content-type: application/json"
HURRIED = (
    "import task1.__main__, task1.http; task1.__main__.IDLE_MS = 1000; task1.http.BODY_SECONDS = 1"
)


def rss_mib(api: Api) -> float:
    lines = Path(f"/proc/{api.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def trickle(api: Api, sent: bytes) -> bytes:
    """What comes back to one who goes on with a byte at a time and does not end."""
    with connected(api) as client:
        client.sendall(sent)
        for _ in range(600):
            if select.select([client], [], [], 0.1)[0]:
                return until_closed(client)
            client.sendall(b"a")
    raise AssertionError("still open after a minute")


@contextlib.contextmanager
def held(api: Api, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections on each of which this was sent."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(api)) for _ in range(count)]
        for client in clients:
            client.sendall(sent)
        yield clients


def test_a_head_that_trickles_in_is_cut_off(start_api: StartApi):
    api = start_api(change=HURRIED)

    assert trickle(api, HALF + b"x: ") == b""


def test_a_body_that_trickles_in_is_cut_off(start_api: StartApi):
    api = start_api(change=HURRIED)

    answer = trickle(api, head(LOGOUT, JSON, "content-length: 1000"))

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_says_nothing_is_closed(start_api: StartApi):
    api = start_api(change=HURRIED)

    assert answers_to(api, b"") == b""


@pytest.mark.parametrize("sent", [HALF, head("GET /livez"), b""])
def test_a_thousand_held_connections_keep_nobody_out(standing_api: Api, sent: bytes):
    with held(standing_api, 1000, sent):
        took: list[float] = []
        for _ in range(100):
            started = time.monotonic()
            assert standing_api.get("/api/posts").status == 200
            took.append(time.monotonic() - started)

    assert statistics.median(took) < 0.25


def test_beyond_a_number_of_requests_at_once_the_next_are_told_to_come_again(standing_api: Api):
    asking = head(LOGOUT, JSON, "content-length: 1000", "expect: 100-continue")
    with held(standing_api, MOST_IN_FLIGHT, asking) as clients:
        # The server says it once the app waits for the body.
        assert {client.recv(100) for client in clients} == {b"HTTP/1.1 100 Continue\r\n\r\n"}

        shed = standing_api.get("/api/posts")
        health = standing_api.get("/health")

    assert (shed.status, shed.headers["retry-after"]) == (503, "1")
    assert health.status == 200
    assert eventually(lambda: standing_api.get("/api/posts").status == 200)


def test_fifty_megabytes_are_not_taken_in(standing_api: Api):
    asking = head(LOGOUT, JSON, "transfer-encoding: chunked")
    many = b"c350\r\n" + b"x" * 50_000 + b"\r\n"
    before = rss_mib(standing_api)

    taken = [_offered(standing_api, asking, many) for _ in range(5)]

    assert max(taken) < 10_000_000
    assert rss_mib(standing_api) - before < 5


def test_clients_that_do_not_take_their_answers_fill_no_memory(api: Api):
    for _ in range(100):
        api.post("long", "😀" * 10_000)
    before = rss_mib(api)

    with contextlib.ExitStack() as stack:
        for _ in range(100):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((ADDRESS, api.port))
            client.sendall(head("GET /api/posts?limit=100"))
        # All of them have been answered once another is.
        eventually(lambda: api.get("/api/posts?limit=100").status == 200)
        grown = rss_mib(api) - before

    assert grown < 100


def _offered(api: Api, asking: bytes, part: bytes) -> int:
    """Bytes of 50 million that were taken before the server closed the connection."""
    taken = 0
    with connected(api) as client, contextlib.suppress(ConnectionError):
        client.sendall(asking)
        while taken < 50_000_000:
            client.sendall(part)
            taken += len(part)
    return taken


def test_clients_that_leave_at_once_shift_no_rows(
    standing_api: Api, mariadb: MariaDb, standing_database: str
):
    row = f"('t', 'c', {OTHER}, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))"
    into = f"{standing_database}.posts (title, content, authorId, createdAt, updatedAt)"
    mariadb.sql(f"INSERT INTO {into} VALUES {', '.join([row] * 60)}")

    for number in range(300):
        with connected(standing_api) as client:
            client.sendall(head(f"GET /api/posts?authorId={OTHER}&limit={60 + number % 40}"))
            select.select([client], [], [], 0.002)
    limits = range(1, 60)
    pages = [standing_api.get(f"/api/posts?authorId={OTHER}&limit={limit}") for limit in limits]

    assert [len(page.titles) for page in pages] == list(limits)
