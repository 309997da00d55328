"""The WSGI application before moto: one key, one call at a time, the journal, internal routes."""

import io
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Any

from moto.moto_server.werkzeug_app import (  # pyright: ignore[reportMissingTypeStubs]  # moto types its models only
    DomainDispatcherApplication,
    create_backend_app,
)

from stackyard.local.aws.calls import (
    Effect,
    access_key_id,
    effect,
    may_empty,
    operation,
    speaks_json,
)
from stackyard.local.aws.determinism import Clock, make_deterministic, seed
from stackyard.local.aws.emptiness import Emptiness
from stackyard.local.aws.journal import Journal
from stackyard.local.aws.target_health import TargetHealth
from stackyard.local.wire import JsonObject

INTERNAL = "/_stackyard/"
MOTO_OWN = "/moto-api"
"""moto's own routes reset and seed it: closed here."""

StartResponse = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What opens the embedded AWS."""

    access_key_id: str = field(repr=False)
    internal_token: str = field(repr=False)


class EmbeddedAws:
    """One a process, since moto's state is the process's own."""

    def __init__(self, journal: Journal, keys: Keys) -> None:
        self._journal, self._keys = journal, keys
        self._lock = threading.Lock()
        self._health = TargetHealth()
        self._emptiness = Emptiness()
        make_deterministic(keys.internal_token, self._emptiness.observe)
        self._health.install()
        self._clock = Clock()
        self._clock.install()
        self._moto = DomainDispatcherApplication(create_backend_app)

    def replay(self) -> int:
        """Make the journal's calls again. Returns how many there were."""
        count = 0
        for entry in self._journal.entries():
            self._seed(entry.number)
            self._clock.fixed = entry.at
            _consume(self._moto(entry.request(), _ignore))
            count += 1
        self._clock.fixed = None
        return count

    def __call__(self, environ: JsonObject, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path = str(environ.get("PATH_INFO", ""))
        if path.startswith(INTERNAL):
            return self._internal(path.removeprefix(INTERNAL), environ, start)
        body = _body(environ)
        key = access_key_id(environ)
        if path.startswith(MOTO_OWN) or not compare_digest(key, self._keys.access_key_id):
            return _refused(environ, start)
        name = operation(environ, body)
        kind = effect(name)
        # Reads take the lock too: moto is plain Python, so side by side they would gain nothing.
        with self._lock:
            if kind is Effect.READ:
                return self._run(environ, body, start)
            if kind is Effect.PASSING:
                self._seed(self._journal.number)
                return self._run(environ, body, start)
            answer = self._run_kept(environ, body, start)
            if may_empty(name) and self._emptiness.holds():
                self._journal.empty()
            return answer

    def _run_kept(self, environ: JsonObject, body: bytes, start: StartResponse) -> list[bytes]:
        at = self._clock.now()
        self._seed(self._journal.add(environ, body, at))
        self._clock.fixed = at
        try:
            return self._run(environ, body, start)
        finally:
            self._clock.fixed = None

    def _seed(self, number: int) -> None:
        seed(f"{self._keys.internal_token}:{number}")

    def _run(self, environ: JsonObject, body: bytes, start: StartResponse) -> list[bytes]:
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        return _consume(self._moto(environ, start))

    def _internal(self, route: str, environ: JsonObject, start: StartResponse) -> list[bytes]:
        token = str(environ.get("HTTP_X_STACKYARD_TOKEN", ""))
        if not compare_digest(token.encode(), self._keys.internal_token.encode()):
            return _json(start, "403 FORBIDDEN", {"error": "X-Stackyard-Token is not this slot's"})
        match environ["REQUEST_METHOD"], route:
            case "GET", "changes":
                return _json(start, "200 OK", {"changes": self._journal.number})
            case "PUT", "target-health":
                return self._take_health(_body(environ), start)
            case method, _:
                known = "GET changes, PUT target-health"
                error = f"no route {method} {route}; there are {known}"
                return _json(start, "404 NOT FOUND", {"error": error})

    def _take_health(self, body: bytes, start: StartResponse) -> list[bytes]:
        try:
            self._health.take(json.loads(body))
        except (ValueError, TypeError, AttributeError) as error:
            return _json(start, "400 BAD REQUEST", {"error": str(error)})
        return _json(start, "200 OK", {})


def _body(environ: JsonObject) -> bytes:
    size = int(environ.get("CONTENT_LENGTH") or 0)
    stream: io.BytesIO = environ["wsgi.input"]
    if size:
        return stream.read(size)
    return stream.read() if environ.get("wsgi.input_terminated") else b""


def _consume(answer: Iterable[bytes]) -> list[bytes]:
    chunks = list(answer)
    close = getattr(answer, "close", None)
    if close:
        close()
    return chunks


def _ignore(*_args: Any) -> None:
    """Take a replayed call's status and headers."""


def _json(
    start: StartResponse, status: str, document: JsonObject, *headers: tuple[str, str]
) -> list[bytes]:
    return _answer(start, status, json.dumps(document), "application/json", *headers)


def _answer(
    start: StartResponse, status: str, text: str, kind: str, *headers: tuple[str, str]
) -> list[bytes]:
    body = text.encode()
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), *headers])
    return [body]


def _refused(environ: JsonObject, start: StartResponse) -> list[bytes]:
    """AWS's answer to an unknown key, in the protocol the caller speaks."""
    status, message = "403 FORBIDDEN", "The security token included in the request is invalid."
    if speaks_json(environ):
        code = "UnrecognizedClientException"
        document = {"__type": code, "message": message}
        return _json(start, status, document, ("x-amzn-ErrorType", code))
    error = f"<Error><Code>InvalidClientTokenId</Code><Message>{message}</Message></Error>"
    return _answer(start, status, f"<ErrorResponse>{error}</ErrorResponse>", "text/xml")
