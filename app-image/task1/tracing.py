"""Ids of a request: its own, and those of the trace that it belongs to (W3C Trace Context)."""

import random
import re
from binascii import hexlify

from task1.http import Header, Request

_TRACEPARENT = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
_NEVER_ZERO = 1 << 192 | 1 << 64 | 1
"""A bit of each id: all zeros would be an invalid one."""
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def identify(request: Request) -> tuple[Header, Header]:
    """Give the request its ids, the caller's where they are sound; headers that pass them on."""
    headers = request.headers
    # Tells requests apart, keeps no secret.
    made = hexlify((random.getrandbits(320) | _NEVER_ZERO).to_bytes(40, "big"))
    given = headers.get(b"x-request-id")
    own = given if given and _REQUEST_ID.fullmatch(given) else made[:32]
    request.id = own.decode()
    parent = headers.get(b"traceparent")
    found = _TRACEPARENT.fullmatch(parent) if parent else None
    trace, flags = (found[1], found[3]) if found else (made[32:64], b"00")
    request.trace_id = trace.decode()
    return (b"x-request-id", own), (b"traceresponse", b"00-%b-%b-%b" % (trace, made[64:], flags))
