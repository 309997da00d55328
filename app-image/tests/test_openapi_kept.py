"""The API keeps to its OpenAPI document, whatever is sent that the document allows or forbids."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api_process import AUTHOR, Api, a_client, token
from daemons import ADDRESS

pytestmark = pytest.mark.local

EXAMPLES = 40
"""For each operation and mode."""
NOTHING_TO_FORBID = ["GET /health", "GET /livez"]
OPERATIONS = [
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
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def document(standing_api: Api) -> Any:
    return standing_api.get("/api/openapi.json").json


def test_the_document_is_sound(document: Any):
    validate(document)


def test_the_run_leaves_out_the_stream_only(document: Any):
    found = {f"{verb.upper()} {path}" for path, item in document["paths"].items() for verb in item}

    assert found - {*NOTHING_TO_FORBID, *OPERATIONS} == {"GET /api/events"}


@pytest.mark.parametrize("label", [*NOTHING_TO_FORBID, *OPERATIONS])
def test_what_the_document_allows_is_answered_as_it_says(
    standing_api: Api, document: Any, label: str
):
    ask(standing_api, document, label, GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_the_document_forbids_is_answered_as_it_says(
    standing_api: Api, document: Any, label: str
):
    ask(standing_api, document, label, GenerationMode.NEGATIVE)


def ask(api: Api, document: Any, label: str, mode: GenerationMode) -> None:
    """Whatever can be made up for the operation, signed or not, of what is there or is not."""
    method, path = label.split()
    operation = from_dict(document)[path][method]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode), signed=st.booleans(), there=st.booleans()
    )
    def run(case: schemathesis.Case, signed: bool, there: bool) -> None:
        headers = {"X-Forwarded-For": a_client()}
        if signed:
            headers["Authorization"] = f"Bearer {token(AUTHOR)}"
        if there and "/posts/{id}" in path:
            case.path_parameters["id"] = api.post("there").json["id"]
        if there and "/users/{id}" in path:
            case.path_parameters["id"] = AUTHOR
        response = case.call(base_url=f"http://{ADDRESS}:{api.port}", headers=headers)
        case.validate_response(response, checks=CHECKS)

    run()
