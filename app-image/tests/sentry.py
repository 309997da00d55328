"""Sentry's ingestion on a loopback port: keeps the envelopes that it is sent."""

import gzip
import http.server
import json
from typing import Any

from daemons import ADDRESS, Listener


class Sentry(Listener):
    """Listens until it is stopped."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        outer = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                packed = self.headers.get("content-encoding") == "gzip"
                outer.received.append(gzip.decompress(body) if packed else body)
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
                """Nothing: the test output is for the tests."""

        super().__init__(Answers)
        self.dsn = f"http://key@{ADDRESS}:{self.port}/1"

    def items(self, kind: str) -> list[dict[str, Any]]:
        """What came as `event` or as `transaction`."""
        found: list[dict[str, Any]] = []
        for envelope in self.received:
            _, *lines = [json.loads(line) for line in envelope.splitlines() if line]
            pairs = zip(lines[::2], lines[1::2], strict=True)
            found += [payload for head, payload in pairs if head["type"] == kind]
        return found
