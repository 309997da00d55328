"""The outputs contract: closed, described, addresses first."""

from collections.abc import Iterator
from typing import Any

from stacks.outputs import StackOutputs, outputs_schema


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


def test_no_key_is_named_like_a_secret_value() -> None:
    names = [
        field.alias or ""
        for section in StackOutputs.model_fields.values()
        for field in getattr(section.annotation, "model_fields", {}).values()
    ]

    assert [n for n in names if "password" in n.lower() or "token" in n.lower()] == []
