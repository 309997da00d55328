"""The lists of features and asks: every one has its test, and every mark is of one of them."""

import pytest

from tests.features.asks import ASKS, NOT_OF_THE_GRAPH
from tests.features.limits import not_there
from tests.features.marks import Mark, marks, marks_of
from tests.features.page import text, unshown
from tests.features.rows import FEATURES, LETTERS
from tests.stacks.paths import ABOUT

FOUND = marks()


def test_every_feature_has_a_test_or_a_reason_in_the_limits() -> None:
    missing = unshown(FOUND, not_there())

    assert not missing, "no test shows:\n" + "\n".join(missing)


def test_every_ask_has_a_test() -> None:
    asked = {mark.args[0] for mark in FOUND if mark.kind == "ask"}

    missing = [f"{number} {words}" for number, words in ASKS.items() if number not in asked]
    assert not missing, "no test would catch:\n" + "\n".join(missing)


def test_every_feature_that_is_shown_has_a_test_named_after_it() -> None:
    shown = {str(mark.args[0]) for mark in FOUND if mark.kind == "row"}
    named = {
        str(mark.args[0])
        for mark in FOUND
        if mark.kind == "row" and f"::test_{str(mark.args[0]).lower()}_" in mark.test
    }

    assert sorted(shown - named) == []


def test_every_mark_is_of_a_known_feature_or_ask() -> None:
    strange = [
        mark
        for mark in FOUND
        if mark.args[0] not in (FEATURES if mark.kind == "row" else ASKS)
        or len(mark.args) != (2 if mark.kind == "row" else 1)
    ]

    assert strange == []


def test_every_mark_names_a_setting_that_is_there() -> None:
    strange = [
        f"{mark.test}: {mark.args[1]}"
        for mark in FOUND
        if mark.kind == "row" and mark.args[1] not in {"", *ABOUT}
    ]

    assert strange == []


def test_no_feature_that_is_not_there_is_shown_as_the_whole_row() -> None:
    assert [number for number in not_there() if number not in FEATURES] == []


def test_every_row_belongs_to_a_table() -> None:
    assert {number[0] for number in FEATURES} == set(LETTERS)


def test_the_asks_are_numbered_through() -> None:
    assert sorted([*ASKS, *NOT_OF_THE_GRAPH]) == list(range(1, 39))


SOURCE = """
@pytest.mark.row("A1", "")
@pytest.mark.row("A4", "database.readers")
@pytest.mark.ask(3)
def test_a1_a_reader():
    pass
"""


def test_marks_are_read_from_the_source() -> None:
    test = "tests/test_x.py::test_a1_a_reader"

    assert marks_of("tests/test_x.py", SOURCE) == [
        Mark("row", ("A1", ""), test),
        Mark("row", ("A4", "database.readers"), test),
        Mark("ask", (3,), test),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "pytestmark = pytest.mark.row('A1', '')",
        "@pytest.mark.row('A1', SETTING)\ndef test_x(): pass",
        "@pytest.mark.row('A1', '')\ndef helper(): pass",
        "@cases(marks=pytest.mark.ask(3))\ndef test_x(a): pass",
    ],
)
def test_a_mark_that_the_page_would_miss_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"^test_x\.py:\d+: pytest\.mark\."):
        marks_of("test_x.py", source)


LIMITS = """
# Limits

## Features that are not there

Some words.

- **A24**, global database: one region is all that the program knows,
  as its settings say.
- N4, N11: no way
* K1: elsewhere

## More

- E1: not this
"""


def test_reasons_are_read_from_the_limits() -> None:
    assert not_there(LIMITS) == {
        "A24": "global database: one region is all that the program knows, as its settings say.",
        "N4": "no way",
        "N11": "no way",
        "K1": "elsewhere",
    }


def test_a_row_is_claimed_by_its_tests_alone() -> None:
    found = [
        Mark("row", ("A1", ""), "tests/graph/test_x.py::test_a1"),
        Mark("row", ("A1", "database.readers"), "tests/graph/test_x.py::test_a1_more"),
    ]

    shown = text(found, {"A2": "no reason"}).splitlines()

    assert (
        "| A1 | a writer and named readers | default | default, `database.readers` |"
        " `graph/test_x.py::test_a1`<br>`graph/test_x.py::test_a1_more` |"
    ) in shown
    assert (
        "| A2 | provisioned and serverless instances in one cluster. Not there: no reason | setting"
        " | - | - |"
    ) in shown
    assert "| A3 | a pause at 0 ACU | setting | - | **no test** |" in shown
    assert not [line for line in unshown(found, {"A2": ""}) if line.startswith(("A1 ", "A2 "))]
