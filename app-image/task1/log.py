"""One JSON line an event, on standard output."""

import logging
import sys
import time

import msgspec

_encoder = msgspec.json.Encoder()


def log(event: str, **fields: str | float | None) -> None:
    """Write the event and its fields; newlines in values are escaped by the encoding."""
    line = {"time": round(time.time(), 3), "event": event, **fields}
    sys.stdout.write(_encoder.encode(line).decode() + "\n")
    sys.stdout.flush()


def quiet_libraries() -> None:
    """Keep asyncmy's notes ("table exists already") out of the log; its errors still come."""
    logging.getLogger("asyncmy").setLevel(logging.ERROR)
