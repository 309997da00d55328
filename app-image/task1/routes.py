"""Routes: what is answered where, and all that the OpenAPI document says of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from task1.http import Answer, RefusedError, Request

Handler = Callable[[Request], Awaitable[Answer]]
Load = Callable[[bool], Awaitable[bytes]]
"""Makes the body; told whether the rows must be fresh. Raises `RefusedError` when there is none."""


class Wanted(msgspec.Struct, frozen=True):
    """An answer that may be kept: in which namespace, under which name, and how it is made."""

    namespace: str
    field: str
    load: Load
    otherwise: Handler | None = None
    """Asked when there is no such thing for everybody, but perhaps for this client."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path; it has a handler, or says what is wanted from the cache."""

    method: str
    path: str
    """A template; a parameter, such as {id}, stands last."""
    summary: str
    handler: Handler | None = None
    wanted: Callable[[Request], Wanted] | None = None
    signed_in: bool = False
    """Whether it is for those with an access token only."""
    limited: bool = True
    """Whether it counts against the client's requests."""
    hidden: bool = False
    """Whether it is left out of the OpenAPI document."""
    query: type | None = None
    body: type | None = None
    answers: Mapping[int, type | None]
    """What comes back by status when all goes well; errors are those of every route."""
    media_type: str = "application/json"
    """Of what comes back when all goes well."""
    refusals: tuple[int, ...] = ()
    """Statuses of errors of its own."""


class Router:
    """Finds a request's route."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._templates: dict[str, dict[str, Route]] = {}
        for route in routes:
            prefix, brace, _ = route.path.partition("{")
            kind = self._templates if brace else self._exact
            kind.setdefault(prefix, {})[route.method] = route

    def find(self, request: Request) -> Route:
        """The route, its parameter put into the request. Raises `RefusedError` 404, 405."""
        path = request.path
        methods = self._exact.get(path)
        if methods is None:
            prefix, slash, last = path.rpartition("/")
            methods = self._templates.get(prefix + slash)
            if methods is None or not last:
                raise RefusedError(404, "no such path")
            request.parameter = last
        # The server leaves the body out of an answer to HEAD.
        route = methods.get("GET" if request.method == "HEAD" else request.method)
        if route is None:
            allowed = ", ".join([*methods, "HEAD"] if "GET" in methods else methods)
            message = f"{request.method} is not allowed here"
            raise RefusedError(405, message, ((b"allow", allowed.encode()),))
        return route


def id_of(request: Request, missing: str) -> int:
    """The path's parameter as an id. Raises `RefusedError` 404 with the message `missing`."""
    text = request.parameter
    # int() alone would take "1_0", "+5" and other scripts' digits; MySQL's BIGINT has 19 digits.
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text)):
        raise RefusedError(404, missing)
    return int(text)
