"""Requests of a release's own, to a real server over TLS."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from release.probes import HttpProbes
from stackyard.local.certificates import issue, make_authority
from stackyard.local.layout import Layout
from tests.release.world import V1

GOOD = {"status": "ok", "release": V1.digest, "database": "seen", "cache": "up", "level": 3}


@dataclass
class Api:
    """What the server answers, and which headers it was asked with."""

    health: tuple[int, bytes] = (200, json.dumps(GOOD).encode())
    listed: int = 200
    seen: list[str | None] = field(default_factory=list[str | None])
    port: int = 0

    def answer(self, path: str) -> tuple[int, bytes]:
        return self.health if path == "/health" else (self.listed, b'{"posts":[]}')


@contextmanager
def served(api: Api, layout: Layout) -> Iterator[HttpProbes]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            api.seen.append(self.headers["X-Stackyard-Slot"])
            status, body = api.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name there
            """Nothing."""

    pair = issue(layout, "api", addresses=["127.0.0.1"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    api.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield HttpProbes(
            f"https://127.0.0.1:{api.port}", {"blue": "blue-secret", "green": "green-secret"}
        )
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    layout = Layout(root=tmp_path)
    layout.secrets.mkdir(parents=True)
    make_authority(layout)
    monkeypatch.setenv("SSL_CERT_FILE", str(layout.certificate_authority))
    return layout


def problem(layout: Layout, **answers: Any) -> str:
    with served(Api(**answers), layout) as probes:
        return probes.ask("blue").problem


def test_a_good_answer_tells_who_answered_and_its_level(layout: Layout) -> None:
    with served(Api(), layout) as probes:
        probe = probes.ask("blue")

    assert (probe.problem, probe.digest, probe.level) == ("", V1.digest, 3)
    assert probe.seconds > 0


def test_both_requests_carry_the_value_of_the_slots_test_rule(layout: Layout) -> None:
    api = Api()

    with served(api, layout) as probes:
        probes.ask("green")

    assert api.seen == ["green-secret", "green-secret"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"health": (503, b"{}")}, "/health answers 503"),
        (
            {"health": (200, json.dumps({**GOOD, "database": "not seen yet"}).encode())},
            "/health says that its database is 'not seen yet'",
        ),
        (
            {"health": (200, json.dumps({**GOOD, "cache": "down"}).encode())},
            "/health says that its cache is 'down'",
        ),
        ({"listed": 500}, "/api/posts?limit=1 answers 500"),
    ],
)
def test_a_bad_answer_is_told(layout: Layout, answers: dict[str, Any], said: str) -> None:
    assert problem(layout, **answers) == said


def test_the_answer_tells_its_pod_and_when_its_process_began(layout: Layout) -> None:
    health = json.dumps({**GOOD, "pod": "1a2b", "began": "10:00"}).encode()

    with served(Api(health=(200, health)), layout) as probes:
        probe = probes.ask("blue")

    assert (probe.pod, probe.began) == ("1a2b", "10:00")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"null"])
def test_an_answer_of_nobody_we_know_has_no_digest(layout: Layout, body: bytes) -> None:
    with served(Api(health=(200, body)), layout) as probes:
        probe = probes.ask("blue")

    assert (probe.problem, probe.digest, probe.level) == ("", "", None)


@pytest.mark.parametrize("level", [True, "3", 2.5, -1, [3], None])
def test_a_level_that_is_no_count_is_none(layout: Layout, level: object) -> None:
    health = json.dumps({**GOOD, "level": level}).encode()

    with served(Api(health=(200, health)), layout) as probes:
        probe = probes.ask("blue")

    assert (probe.problem, probe.level) == ("", None)


def test_nobody_at_the_address_is_a_bad_answer(layout: Layout) -> None:
    with served(Api(), layout) as probes:
        pass

    assert probes.ask("blue").problem.startswith("ConnectionRefusedError: ")


def test_a_certificate_of_somebody_else_is_a_bad_answer(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with served(Api(), layout) as probes:
        assert probes.ask("blue").problem.startswith("SSLCertVerificationError: ")
