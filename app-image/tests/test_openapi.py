"""The OpenAPI document: what it says, and that the API keeps to it."""

from typing import Any

import pytest

from api_process import Api

pytestmark = pytest.mark.local


@pytest.fixture
def document(api: Api) -> Any:
    return api.get("/api/openapi.json").json


def test_every_route_but_the_inner_ones_is_in_it(document: Any):
    found = {
        f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
    }

    assert document["openapi"] == "3.1.0"
    assert found == {
        "GET /health",
        "GET /livez",
        "GET /api/events",
        "GET /api/posts",
        "POST /api/posts",
        "GET /api/posts/search",
        "GET /api/posts/{id}",
        "PATCH /api/posts/{id}",
        "DELETE /api/posts/{id}",
        "GET /api/users/{id}",
        "POST /api/auth/register",
        "POST /api/auth/login",
        "POST /api/auth/refresh",
        "POST /api/auth/logout",
    }


def test_bodies_are_the_structs_that_check_them(document: Any):
    new = document["components"]["schemas"]["NewPost"]

    assert new["properties"]["title"] == {"type": "string", "minLength": 1, "maxLength": 200}
    assert new["required"] == ["title", "content"]
    assert new["additionalProperties"] is False


def test_the_query_is_told_with_its_bounds(document: Any):
    parameters = {p["name"]: p for p in document["paths"]["/api/posts"]["get"]["parameters"]}

    assert set(parameters) == {"status", "authorId", "limit", "cursor"}
    limit = parameters["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 20)
    assert not any(p["required"] for p in parameters.values())


def test_what_needs_or_takes_a_token_says_so(document: Any):
    paths = document["paths"]

    assert paths["/api/posts"]["post"]["security"] == [{"accessToken": []}]
    assert paths["/api/posts"]["get"]["security"] == [{}, {"accessToken": []}]
    assert "security" not in paths["/health"]["get"]


def test_every_answer_of_an_error_is_described(document: Any):
    responses = document["paths"]["/api/posts/{id}"]["patch"]["responses"]

    assert set(responses) == {
        "200",
        "400",
        "401",
        "403",
        "404",
        "408",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
        "504",
    }
