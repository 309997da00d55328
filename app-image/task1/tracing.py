"""Ids of a request: its own, and those of the trace that it belongs to (W3C Trace Context)."""

import random
import re

from task1.http import Header, Request

_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def identify(request: Request) -> tuple[Header, Header]:
    """Give the request its ids, the caller's where they are sound; headers that pass them on."""
    headers = request.headers
    given = headers.get(b"x-request-id")
    own = given if given and _REQUEST_ID.fullmatch(given) else b"%032x" % _bits(128)
    request.id = own.decode()
    parent = headers.get(b"traceparent")
    found = _TRACEPARENT.fullmatch(parent) if parent else None
    trace, flags = (found[1], found[3]) if found else (b"%032x" % _bits(128), b"00")
    request.trace_id = trace.decode()
    return (b"x-request-id", own), (b"traceresponse", b"00-%b-%016x-%b" % (trace, _bits(64), flags))


def _bits(count: int) -> int:
    # All zeros would be an invalid id.
    return random.getrandbits(count) or 1  # tells requests apart, keeps no secret
