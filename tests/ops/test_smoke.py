"""`stackyard smoke`: good answers, late ones, bad ones, asked over HTTP on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.ops import outputs as state
from stackyard.ops import smoke as ops
from stackyard.progress import Progress

KINDS = {"/": "text/html", "/api/posts": "application/json", "/health": "application/json"}
OUTPUTS = {"siteUrl": "/", "apiUrl": "/api/posts", "healthUrl": "/health"}


class Site:
    """A site that answers well, but for what it is told to say first."""

    def __init__(self) -> None:
        self.bad: dict[str, list[tuple[int, str]]] = {}
        """By path: codes and kinds of the next answers."""
        self.asked: list[str] = []
        self.address = ""


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
            """Say nothing."""

        def do_GET(self) -> None:  # the name that http.server calls
            site.asked.append(self.path)
            waiting = site.bad.get(self.path)
            code, kind = waiting.pop(0) if waiting else (200, KINDS[self.path])
            self.send_response(code)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(ops, "PAUSE_SECONDS", 0.01)
    with serving() as made:
        outputs = {name: made.address + path for name, path in OUTPUTS.items()}
        monkeypatch.setattr(state, "ask", lambda _workspace, _words: json.dumps(outputs))
        yield made


def smoke(folder: Path, wait_seconds: float = 5) -> list[str]:
    answers = ops.smoke(folder, "staging", Progress(quiet=True), wait_seconds=wait_seconds)
    return [answer.url for answer in answers]


def test_every_address_is_asked_three_times(site: Site, tmp_path: Path) -> None:
    assert smoke(tmp_path) == [site.address + path for path in KINDS]
    assert site.asked == [path for path in KINDS for _ in range(3)]


def test_a_bad_answer_is_waited_out_and_counting_begins_anew(site: Site, tmp_path: Path) -> None:
    site.bad["/health"] = [(200, "application/json"), (503, "text/plain")]

    smoke(tmp_path)

    assert site.asked.count("/health") == 5


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((500, "text/html"), "answers 500 Internal Server Error"),
        ((200, "text/plain"), "answers text/plain, not text/html"),
    ],
)
def test_one_that_stays_bad_is_named(
    site: Site, tmp_path: Path, answer: tuple[int, str], says: str
) -> None:
    site.bad["/"] = [answer] * 1000

    with pytest.raises(StackyardError, match=f"^{site.address}/: {says}$"):
        smoke(tmp_path, wait_seconds=0.1)


def test_nobody_there_is_named(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = dict.fromkeys(OUTPUTS, "http://127.0.0.1:1/")
    monkeypatch.setattr(state, "ask", lambda _workspace, _words: json.dumps(nowhere))

    with pytest.raises(StackyardError, match=r"^http://127\.0\.0\.1:1/: does not answer: "):
        smoke(tmp_path, wait_seconds=0)

    assert site.asked == []


def test_a_stack_that_is_not_up_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "ask", lambda _workspace, _words: "{}")

    with pytest.raises(StackyardError) as told:
        smoke(tmp_path)

    assert str(told.value) == (
        "the stack staging has no apiUrl, healthUrl, siteUrl yet; bring it up: stackyard up staging"
    )
