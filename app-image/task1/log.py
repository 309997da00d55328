"""One JSON line an event on standard output; a reader that stalls never holds up the event loop."""

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar

import msgspec

SERVICE = "backend-api"
FLUSH_SECONDS = 0.1
CHUNK_LINES, MOST_LINES = 500, 10_000
"""Lines of one write, and lines kept while a write is blocked; what comes then is dropped."""

STDOUT = 1

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered, for every line that is written meanwhile."""

Field = str | float | bool | None

_encode = msgspec.json.Encoder().encode


class RequestLine(msgspec.Struct, kw_only=True, rename="camel"):
    """What is told of every request; a third of what a line of any fields costs."""

    time: float
    """Unix time in seconds."""
    request_id: str
    trace_id: str
    method: str
    route: str
    path: str
    status: int
    ms: float
    client: str
    event: str = "request"
    service: str = SERVICE


class Writer:
    """Writes lines from a thread of its own, every `FLUSH_SECONDS`."""

    def __init__(self, dropped: Callable[[], None]) -> None:
        self._dropped = dropped
        self._lines: deque[bytes] = deque()
        self._ending = threading.Event()
        # A daemon: a blocked standard output must not keep the process.
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)

    def __enter__(self) -> None:
        _sinks.append(self.put)
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        _sinks.remove(self.put)
        self._ending.set()
        self._thread.join(timeout=1.0)

    def put(self, line: bytes) -> None:
        """Take a line; never waits."""
        if len(self._lines) >= MOST_LINES:
            self._dropped()
        else:
            self._lines.append(line)

    def _run(self) -> None:
        while not self._ending.wait(FLUSH_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        # Taken line by line, so that `put` sees how many still wait while a write blocks.
        chunk: list[bytes] = []
        while self._lines:
            chunk.append(self._lines.popleft())
            if len(chunk) == CHUNK_LINES or not self._lines:
                self._write(chunk)
                chunk.clear()

    def _write(self, chunk: Sequence[bytes]) -> None:
        try:
            _write_out(b"".join(chunk))
        except OSError:
            # Nobody reads any more: the process serves on all the same.
            for _ in chunk:
                self._dropped()


def log(event: str, **fields: Field) -> None:
    """Write the event and its fields; newlines in values are escaped by the encoding."""
    line: dict[str, Field] = {
        "time": round(time.time(), 3),
        "service": SERVICE,
        "event": event,
        **fields,
    }
    asked = request_id.get()
    if asked is not None:
        line["requestId"] = asked
    _put(line)


def log_request(line: RequestLine) -> None:
    """Write the line of a request."""
    _put(line)


def _put(line: RequestLine | dict[str, Field]) -> None:
    write = _sinks[-1] if _sinks else _write
    write(_encode(line) + b"\n")


def quiet_libraries() -> None:
    """Keep asyncmy's notes ("table exists already") out of the log; its errors still come."""
    logging.getLogger("asyncmy").setLevel(logging.ERROR)


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _write_out(lines: bytes) -> None:
    # Past Python's buffer: its lock, held by a write that is stuck, would keep the process alive.
    left = memoryview(lines)
    while left:
        left = left[os.write(STDOUT, left) :]


_sinks: list[Callable[[bytes], None]] = []
"""Where lines go; straight to standard output where nobody has put a writer."""
