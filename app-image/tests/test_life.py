"""The process: start without its neighbours, SIGTERM, bad environments, size."""

import contextlib
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_process import AUTHOR, Api, token
from conftest import StartApi
from daemons import ADDRESS, Certificates, MariaDb, eventually, free_port

pytestmark = pytest.mark.local

FIRST_HALF, SECOND_HALF = b'{"title": "slow", ', b'"content": "c"}'


def test_without_a_database_the_process_lives_but_is_not_ready(
    start_api: StartApi, mariadb: MariaDb
):
    away = mariadb.url("task1_db").replace(str(mariadb.port), str(free_port()))

    api = start_api(ready=False, DATABASE_URL=away)

    assert api.get("/livez").status == 200
    assert (api.get("/health").status, api.get("/health").json["status"]) == (503, "starting")
    listed = api.get("/api/posts")
    assert (listed.status, listed.headers["retry-after"]) == (503, "1")


def test_a_database_without_the_schema_is_not_ready(start_api: StartApi, mariadb: MariaDb):
    mariadb.sql("CREATE DATABASE IF NOT EXISTS task1_empty")

    api = start_api(ready=False, DATABASE_URL=mariadb.url("task1_empty"))
    eventually(lambda: any(event["event"] == "database-not-ready" for event in api.events()))

    assert api.get("/health").status == 503


def test_a_database_with_an_unknown_certificate_is_not_used(start_api: StartApi, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()

    api = start_api(ready=False, SSL_CERT_FILE=str(Certificates(other).authority))
    eventually(lambda: any(event["event"] == "database-away" for event in api.events()))

    away = next(event for event in api.events() if event["event"] == "database-away")
    assert "CERTIFICATE_VERIFY_FAILED" in away["error"]
    assert api.get("/health").status == 503


def test_sigterm_lets_a_slow_request_finish(start_api: StartApi):
    api = start_api(DRAIN_SECONDS="60")

    with _half_a_post(api) as slow:
        api.signal(signal.SIGTERM)
        eventually(lambda: api.get("/health").status == 503)
        draining = api.get("/health")
        slow.sendall(SECOND_HALF)
        answer = slow.makefile("rb").readline()

    assert answer == b"HTTP/1.1 201 Created\r\n"
    assert draining.json["status"] == "draining"
    assert draining.headers["connection"] == "close"
    assert api.wait() == 0


@contextlib.contextmanager
def _half_a_post(api: Api) -> Iterator[socket.socket]:
    """A request that the app has begun to read."""
    size = str(len(FIRST_HALF + SECOND_HALF)).encode()
    head = b"POST /api/posts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    head += b"authorization: Bearer %b\r\ncontent-length: %b" % (token(AUTHOR).encode(), size)
    with socket.create_connection((ADDRESS, api.port), timeout=60) as client:
        client.sendall(head + b"\r\nexpect: 100-continue\r\n\r\n")
        # The server says it once the app asks for the body.
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(FIRST_HALF)
        yield client


def test_sigterm_ends_an_idle_process_at_once(start_api: StartApi):
    api = start_api(DRAIN_SECONDS="300")

    with socket.create_connection((ADDRESS, api.port)):
        api.signal(signal.SIGTERM)

        assert api.wait() == 0


def test_a_request_that_never_ends_is_cut_off(start_api: StartApi):
    api = start_api(DRAIN_SECONDS="1")

    with _half_a_post(api):
        api.signal(signal.SIGTERM)
        code = api.wait()

    # Else the body's own time-out would have ended the request, and the process with 0.
    assert code == 1
    assert any(event["event"] == "cut-off" for event in api.events())


def test_a_bad_environment_is_named_and_exits_with_78(start_api: StartApi):
    api = start_api(ready=False, PORT="http", REDIS_URL="", RELEASE_DIGEST="latest")

    code = api.wait()

    assert code == 78
    log = api.log.read_text()
    assert "3 to correct" in log
    assert all(name in log for name in ("PORT: ", "REDIS_URL: ", "RELEASE_DIGEST: "))


def test_an_address_in_use_ends_the_process_with_1(start_api: StartApi):
    first = start_api()

    second = start_api(ready=False, PORT=str(first.port))

    assert second.wait() == 1


def test_no_log_line_holds_a_password(own_api: Api, mariadb: MariaDb):
    own_api.post("something to log")

    log = eventually(lambda: (text := own_api.log.read_text()) and "/api/posts" in text and text)

    assert "started" in log
    assert "word" not in log


def test_the_process_is_small_and_idle(own_api: Api):
    pid = own_api.process.pid
    # What it takes to meet Redis is no idling.
    eventually(lambda: own_api.get("/health").json["cache"] == "up")
    for _ in range(20):
        own_api.get("/api/posts")
    used = _cpu_ticks(pid)

    with socket.socket() as nobody:
        nobody.settimeout(1.0)
        nobody.bind((ADDRESS, 0))
        nobody.listen()
        with pytest.raises(TimeoutError, match="timed out"):
            nobody.accept()

    memory = _pss_mib(pid)
    assert memory < 70
    assert _cpu_ticks(pid) - used <= 2


def _cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def _pss_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)
