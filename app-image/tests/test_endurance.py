"""A process for longer, or under load: its memory, its end, and a log that nobody reads."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address

import pytest
from test_faults_redis import cached, is_up, reads_posts
from test_slow_clients import rss_mib

from api_process import UNLIMITED, Api, a_client
from conftest import StartApi
from daemons import ADDRESS, MariaDb, eventually
from wire import connected, head

pytestmark = pytest.mark.local

BATCH = 250
"""Requests sent at once on one connection; one client may not ask more often either."""


def ask_many(api: Api, number: int, first: int) -> int:
    """Asks for the list so many times, each time from another address; gives how many were 200."""
    good = 0
    with connected(api) as client:
        for start in range(first, first + number, BATCH):
            addresses = [str(IPv4Address("10.0.0.0") + n) for n in range(start, start + BATCH)]
            client.sendall(b"".join(head("GET /api/posts", client=each) for each in addresses))
            seen, rest = 0, b""
            while seen < BATCH:
                part = client.recv(1 << 20)
                assert part, "the server closed the connection"
                # A status line may be cut in two.
                text = rest + part
                seen += text.count(b"HTTP/1.1 200 OK")
                rest = text[-14:]
            good += seen
    return good


def test_fifty_thousand_requests_leave_the_memory_as_it_is(patient_api: Api):
    for number in range(20):
        patient_api.post(f"row {number}")
    cached(patient_api)
    ask_many(patient_api, 5_000, first=0)
    before = rss_mib(patient_api)

    good = ask_many(patient_api, 50_000, first=5_000)

    assert good == 50_000
    assert rss_mib(patient_api) - before < 5


class Client(threading.Thread):
    """Asks on kept-alive connections until it is told that the server goes."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        self._api = api
        self.statuses: list[int] = []
        self.error: Exception | None = None

    def run(self) -> None:
        connection = http.client.HTTPConnection(ADDRESS, self._api.port, timeout=60)
        try:
            while True:
                connection.request("GET", "/api/posts", headers={"X-Forwarded-For": a_client()})
                response = connection.getresponse()
                response.read()
                self.statuses.append(response.status)
                if response.getheader("connection") == "close":
                    return
        except (OSError, http.client.HTTPException) as error:
            self.error = error
        finally:
            connection.close()


def test_sigterm_under_load_fails_no_request_and_is_quick(start_api: StartApi):
    api = start_api(patient=True, change=UNLIMITED)
    cached(api)
    clients = [Client(api) for _ in range(8)]
    for client in clients:
        client.start()
    eventually(lambda: min(len(client.statuses) for client in clients) > 50)

    started = time.monotonic()
    api.signal(signal.SIGTERM)
    code = api.wait()
    took = time.monotonic() - started
    for client in clients:
        client.join()

    assert [client.error for client in clients] == [None] * 8
    assert {status for client in clients for status in client.statuses} == {200}
    assert code == 0
    assert took < 10


def test_a_request_that_waits_for_a_lock_at_sigterm_gets_its_answer(
    start_api: StartApi, mariadb: MariaDb, database: str
):
    api = start_api(patient=True)
    eventually(lambda: is_up(api))
    with mariadb.locked(f"{database}.posts") as unlock, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.get, "/api/posts")
        eventually(lambda: reads_posts(mariadb, database))

        api.signal(signal.SIGTERM)
        draining = eventually(lambda: api.get("/health").status == 503)
        unlock()

    assert draining
    assert waiting.result().status == 200
    assert api.wait() == 0


def test_a_log_that_nobody_reads_stops_nothing(start_api: StartApi):
    changed = "import task1.log; task1.log.MOST_LINES = task1.log.CHUNK_LINES = 50"
    api = start_api(ready=False, change=f"{changed}\n{UNLIMITED}")
    # Started anew with the same words, but into a pipe.
    api.kill()
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    api.process = subprocess.Popen(
        api._command, stdout=writing, stderr=subprocess.DEVNULL, env=api._environment
    )
    os.close(writing)
    eventually(lambda: is_ready(api))

    statuses = {api.get("/api/posts").status for _ in range(500)}
    metrics = api.raw("GET", "/metrics", None, {}).body.decode()
    api.signal(signal.SIGTERM)

    assert statuses == {200}
    assert float(metrics.split("\nlog_lines_dropped_total ")[1].split("\n")[0]) > 0
    assert api.wait() == 0
    os.close(reading)


def is_ready(api: Api) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((ADDRESS, api.port)) == 0 and api.get("/health").status == 200
