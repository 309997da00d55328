"""The outputs contract: closed, described, addresses first."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stacks.outputs import outputs_schema

SCHEMA_FILE = Path(__file__).parents[2] / "stacks" / "outputs.schema.json"


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    yield from schema["$defs"].values()


def test_five_addresses_for_people_come_first() -> None:
    first = list(outputs_schema()["properties"])[:5]

    assert first == ["siteUrl", "apiUrl", "healthUrl", "dashboardUrl", "runbookUrl"]


def test_no_object_of_the_contract_takes_a_key_it_does_not_name() -> None:
    assert {part.get("additionalProperties") for part in objects(outputs_schema())} == {False}


def test_every_key_is_always_there() -> None:
    optional = [
        (part["title"], key)
        for part in objects(outputs_schema())
        for key in part["properties"]
        if key not in part["required"]
    ]

    assert optional == []


def test_every_key_says_what_it_is() -> None:
    schema = outputs_schema()
    described = {
        f"#/$defs/{name}" for name, part in schema["$defs"].items() if "description" in part
    }
    silent = [
        (part["title"], key)
        for part in objects(schema)
        for key, about in part["properties"].items()
        if "description" not in about and about.get("$ref") not in described
    ]

    assert silent == []


def test_the_published_schema_is_the_contract() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == outputs_schema()


def test_no_key_is_named_like_a_secret_value() -> None:
    names = [key for part in objects(outputs_schema()) for key in part["properties"]]

    assert [n for n in names if "password" in n.lower() or "token" in n.lower()] == []
