"""The OpenAPI 3.1 document, made from the structs that check requests and make answers."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from task1.http import Answer, Request, encode
from task1.routes import Route

PATH = "/api/openapi.json"
Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{name}"
_LIMITED = (429,)
_ALL = (500, 503, 504)


class Problem(msgspec.Struct, frozen=True):
    """Why a request did not get what it asked for."""

    error: str


class TooMany(msgspec.Struct, frozen=True):
    """The answer to one request too many; the scaling guide's words."""

    success: bool
    error: str


class Document:
    """The document of these routes, made once."""

    def __init__(self, routes: Sequence[Route]) -> None:
        shown = [route for route in routes if not route.hidden]
        kinds = {kind for route in shown for kind in _kinds(route)}
        ordered = sorted({*kinds, Problem, TooMany}, key=lambda kind: kind.__name__)
        found, components = msgspec.json.schema_components(ordered, ref_template=REFERENCE)
        self._schemas = dict(zip(ordered, found, strict=True))
        self._body = encode(
            {
                "openapi": "3.1.0",
                "info": {"title": "Task1", "version": "1.0.0"},
                "paths": self._paths(shown),
                "components": {
                    "schemas": components,
                    "securitySchemes": {
                        "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                    },
                },
            }
        )

    def route(self) -> Route:
        """Where the document is answered."""
        return Route(
            method="GET",
            path=PATH,
            summary="This document",
            handler=self._answer,
            hidden=True,
            answers={200: None},
        )

    async def _answer(self, _request: Request) -> Answer:
        return Answer(200, self._body)

    def _paths(self, routes: Sequence[Route]) -> Schema:
        paths: Schema = {}
        for route in routes:
            paths.setdefault(route.path, {})[route.method.lower()] = self._operation(route)
        return paths

    def _operation(self, route: Route) -> Schema:
        name = route.path.strip("/").replace("/", "-").replace("{", "").replace("}", "")
        operation: Schema = {
            "operationId": f"{route.method.lower()}-{name}",
            "summary": route.summary,
            "responses": self._responses(route),
        }
        parameters = _path_parameters(route) + self._query_parameters(route)
        if parameters:
            operation["parameters"] = parameters
        if route.body is not None:
            operation["requestBody"] = {"required": True, "content": self._json(route.body)}
        if route.signed_in:
            operation["security"] = [{"accessToken": []}]
        elif route.wanted is not None:
            # Whoever signs in sees drafts of their own too.
            operation["security"] = [{}, {"accessToken": []}]
        return operation

    def _responses(self, route: Route) -> Schema:
        responses: Schema = {}
        for status, kind in route.answers.items():
            said: Schema = {"description": HTTPStatus(status).phrase}
            if status == HTTPStatus.OK or kind is not None:
                said["content"] = self._json(kind) if kind else {route.media_type: {}}
            responses[str(status)] = said
        for status in sorted({*_refusals(route), *route.refusals}):
            kind = TooMany if status == HTTPStatus.TOO_MANY_REQUESTS else Problem
            responses[str(status)] = {
                "description": HTTPStatus(status).phrase,
                "content": self._json(kind),
            }
        return responses

    def _query_parameters(self, route: Route) -> list[Schema]:
        if route.query is None:
            return []
        _, components = msgspec.json.schema_components([route.query], ref_template=REFERENCE)
        properties = components[route.query.__name__]["properties"]
        required = components[route.query.__name__].get("required", ())
        return [
            {"name": name, "in": "query", "required": name in required, "schema": _plain(schema)}
            for name, schema in properties.items()
        ]

    def _json(self, kind: type) -> Schema:
        return {"application/json": {"schema": self._schemas[kind]}}


def _kinds(route: Route) -> set[type]:
    return {kind for kind in (route.body, *route.answers.values()) if kind is not None}


def _refusals(route: Route) -> set[int]:
    """Errors that come of what the route is."""
    refusals = {*_ALL} if route.limited else set[int]()
    if route.limited:
        refusals |= {*_LIMITED, 401}
    if route.query is not None:
        refusals.add(400)
    if route.body is not None:
        refusals |= {400, 408, 413, 415, 422}
    if "{" in route.path:
        refusals.add(404)
    return refusals


def _path_parameters(route: Route) -> list[Schema]:
    _, brace, name = route.path.partition("{")
    if not brace:
        return []
    schema = {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}
    return [{"name": name.rstrip("}"), "in": "path", "required": True, "schema": schema}]


def _plain(schema: Schema) -> Schema:
    """A query's parameter is there or not; it is never null."""
    kinds = schema.get("anyOf")
    if not kinds:
        return schema
    told = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    (kind,) = [kind for kind in kinds if kind != {"type": "null"}]
    return {**told, **kind}
