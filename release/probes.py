"""Requests of a release's own: through the CDN, by the test rule's secret header, to one slot."""

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from release.parts import Probe
from stacks.slots import TEST_HEADER, Slot

HEALTH, LIST = "/health", "/api/posts?limit=1"
TIMEOUT_SECONDS = 5.0


class HttpProbes:
    """One connection after the other, as users come; each asks for the health and for posts."""

    def __init__(self, url: str, values: Mapping[Slot, str]) -> None:
        """`values` is what the test rule of each slot wants in its header."""
        self._host, self._values = urlsplit(url).netloc, values
        # Trusts what SSL_CERT_FILE names, if it does.
        self._tls = ssl.create_default_context()

    def ask(self, slot: Slot) -> Probe:
        """Health, which tells who answers and what it reaches, then a list, as users ask for it.

        The seconds are of the list.
        """
        headers = {TEST_HEADER: self._values[slot]}
        connection = http.client.HTTPSConnection(
            self._host, timeout=TIMEOUT_SECONDS, context=self._tls
        )
        start = time.monotonic()
        try:
            connection.request("GET", HEALTH, headers=headers)
            answer = connection.getresponse()
            told, health = answer.read(), answer.status
            start = time.monotonic()
            connection.request("GET", LIST, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as problem:
            said = f"{type(problem).__name__}: {problem}"
            return Probe(problem=said, seconds=time.monotonic() - start)
        finally:
            connection.close()
        seconds = time.monotonic() - start
        body = _body(told)
        return Probe(
            problem=_problem(health, body, answer.status),
            seconds=seconds,
            digest=str(body.get("release", "")),
            level=_level(body.get("level")),
            pod=str(body.get("pod", "")),
            began=str(body.get("began", "")),
        )


def _body(text: bytes) -> dict[str, Any]:
    try:
        found: Any = json.loads(text)
        return dict(found)
    except (ValueError, TypeError):
        return {}


def _level(said: object) -> int | None:
    """A count, or nothing: an image may say anything, and the ledger is read with what it said."""
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None


def _problem(health: int, body: Mapping[str, Any], listed: int) -> str:
    """What of both answers is not as it should be."""
    if health != 200:
        return f"{HEALTH} answers {health}"
    # An image that says nothing of them has none, or leaves it to its status.
    for name, good in (("database", "seen"), ("cache", "up")):
        if body.get(name, good) != good:
            return f"{HEALTH} says that its {name} is {body[name]!r}"
    return "" if listed == 200 else f"{LIST} answers {listed}"
