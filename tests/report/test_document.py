"""The JSON document keeps to its published schema, and is read back by `up --plan`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stackyard.errors import SettingsFaultError
from stackyard.report.change import StateMark
from stackyard.report.danger import _ORDER
from stackyard.report.document import document, reviewed
from stackyard.report.report import Basis, Cost, Report, Sections, Time
from tests.report.examples import golden
from tests.report.test_goldens import ALL

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "report.schema.json").read_text())
MARK = StateMark(serial="2026-11-29T06:32:05Z", hash="a" * 64)


def full() -> Report:
    """Every part of a document that may be left out."""
    cost = Cost(low=1, expected=2, high=3, before=1.5, parts=(("data", 2.0),), unpriced=("a",))
    return replace(
        golden("database-replaced"),
        basis=Basis(state=MARK, commit="c", plan="b" * 64),
        sections=Sections(cost=cost, time=Time(minutes=3, path=("vpc", "database"))),
    )


def faults(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(json.loads(text))]


@pytest.mark.parametrize("name", ALL)
def test_every_golden_report_keeps_to_the_schema(name: str) -> None:
    assert faults(document(golden(name))) == []


def test_a_report_with_cost_time_and_basis_keeps_to_the_schema() -> None:
    assert faults(document(full())) == []


def test_the_schema_is_one_and_allows_nothing_else() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert faults(json.dumps({**json.loads(document(full())), "more": 1}))


def test_the_schema_knows_every_kind_of_danger() -> None:
    kinds = SCHEMA["properties"]["dangers"]["items"]["properties"]["kind"]["enum"]

    assert tuple(kinds) == _ORDER


def test_a_document_is_read_back_with_what_it_was_made_from(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(document(full()))

    seen = reviewed(tmp_path / "report.json")

    assert (seen.project, seen.stack, seen.basis) == ("shop", "test", full().basis)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no report"),
        ('{"version": 2}', "is no report of this version"),
        ('{"version": 1, "project": "a", "stack": "b"}', "is no report of this version"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "report.json").write_text(text)

    with pytest.raises(SettingsFaultError, match=says):
        reviewed(tmp_path / "report.json")
