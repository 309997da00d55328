"""Log lines: what stands in them, and that nobody waits for their reader."""

import io
import json
import os
import threading

import pytest

from api_process import Api
from daemons import eventually
from task1 import log as logging
from task1.log import Writer, log, request_id


@pytest.mark.local
def test_each_request_is_a_line(api: Api):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"traceparent": parent, "x-request-id": "mine-7"}
    reply = api.ask("GET", "/api/posts?limit=3", headers=headers, client="203.0.113.7")

    line = eventually(
        lambda: next((e for e in api.events() if e.get("requestId") == "mine-7"), None)
    )

    assert line["event"] == "request"
    assert (line["service"], line["method"], line["status"]) == ("backend-api", "GET", 200)
    assert (line["route"], line["path"]) == ("/api/posts", "/api/posts")
    assert line["traceId"] == "0af7651916cd43dd8448eb211c80319c"
    assert line["client"] == "203.0.113.7"
    assert reply.headers["x-request-id"] == "mine-7"
    assert reply.headers["traceresponse"].startswith("00-0af7651916cd43dd8448eb211c80319c-")


@pytest.mark.local
@pytest.mark.parametrize(
    ("header", "sent"),
    [
        ("x-request-id", "a b"),
        ("x-request-id", "x" * 65),
        ("x-request-id", '"}{'),
        ("traceparent", "00-" + "0" * 32 + "-b7ad6b7169203331-01"),
        ("traceparent", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("traceparent", "garbage"),
    ],
)
def test_an_unsound_id_is_replaced(api: Api, header: str, sent: str):
    got = api.ask("GET", "/livez", headers={header: sent}).headers

    assert sent not in (got["x-request-id"], got["traceresponse"])
    assert len(got["x-request-id"]) == 32


@pytest.mark.local
def test_a_newline_in_a_path_makes_no_line_of_its_own(api: Api):
    api.get('/nowhere%0A{"event":"forged"}')

    lines = eventually(lambda: [e for e in api.events() if "nowhere\n" in str(e.get("path"))])

    assert lines[0]["path"] == '/nowhere\n{"event":"forged"}'
    assert not [e for e in api.events() if e["event"] == "forged"]


def test_a_line_names_the_request_it_is_about(capsysbinary: pytest.CaptureFixture[bytes]):
    given = request_id.set("r-1")

    log("slow", path="/x")
    request_id.reset(given)

    assert json.loads(capsysbinary.readouterr().out)["requestId"] == "r-1"


def test_lines_come_in_order_and_all_of_them(monkeypatch: pytest.MonkeyPatch):
    written: list[bytes] = []
    monkeypatch.setattr(logging, "_write_out", written.append)

    with Writer(lambda: None):
        for number in range(2000):
            log("n", number=number)

    numbers = [json.loads(line)["number"] for line in b"".join(written).splitlines()]
    assert numbers == list(range(2000))


def test_a_reader_that_stalls_costs_lines_and_no_time(monkeypatch: pytest.MonkeyPatch):
    reading, writing = os.pipe()
    stuck = io.FileIO(writing, "w")
    monkeypatch.setattr(logging, "_write_out", lambda line: stuck.write(line * 200))
    monkeypatch.setattr(logging, "MOST_LINES", 100)
    monkeypatch.setattr(logging, "FLUSH_SECONDS", 0.001)
    dropped: list[int] = []
    finished = threading.Event()

    def put_many() -> None:
        for number in range(5000):
            log("n", number=number)
        finished.set()

    with Writer(lambda: dropped.append(1)):
        threading.Thread(target=put_many).start()
        assert finished.wait(30)
        os.close(reading)

    assert dropped
    stuck.close()
