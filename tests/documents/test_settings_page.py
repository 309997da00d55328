"""docs/settings.md: units, bounds and defaults by size, in words."""

from typing import Any

import pytest

from tests.documents.prices import COSTS
from tests.documents.settings_page import UNITS, defaults, takes, unit
from tests.graph.setting_changes import OTHER
from tests.stacks.paths import ABOUT


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"type": "integer", "minimum": 7, "maximum": 35}, "whole number, 7 to 35"),
        ({"type": "integer", "minimum": 1}, "whole number, at least 1"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 50}, "number above 0, at most 50"),
        ({"type": "number", "multipleOf": 0.5}, "number in steps of 0.5"),
        ({"type": "boolean"}, "`true`, `false`"),
        ({"enum": ["a", 1]}, "`a`, `1`"),
        ({"type": "string", "pattern": "^(a|b)$"}, "string, `^(a\\|b)$`"),
        ({"anyOf": [{"type": "string", "minLength": 10}, {"type": "null"}]}, "string, 10 charac"),
        ({"type": "array", "minItems": 2, "maxItems": 4}, "list, 2 to 4: string"),
        ({"type": "array", "minItems": 1}, "list, 1 or more: string"),
        ({"type": "array", "maxItems": 9, "items": {"enum": ["a"]}}, "list, at most 9: `a`"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "mapping: string"),
    ],
)
def test_bounds_are_told_in_words(about: dict[str, Any], says: str) -> None:
    assert takes(about).startswith(says)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("database.readers", ["1", "0", "1"]),
        ("database.backupDays", ["7", "7", "7"]),
        ("network.zones", ["[a, b]", "[a, b]", "[a, b, c]"]),
        ("app.image", ["-", "-", "-"]),
        ("app.env", ["none", "none", "none"]),
        ("env.domain", ["none", "none", "none"]),
    ],
)
def test_a_default_is_the_sizes_or_else_the_settings_own(path: str, shown: list[str]) -> None:
    assert defaults(path) == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("release.stepSeconds", "seconds"),
        ("observe.logDays", "days"),
        ("database.readers", "count"),
        ("database.acuMin", "ACU (2 GiB)"),
        ("app.port", ""),
        ("env.owner", ""),
    ],
)
def test_a_unit_is_in_the_name_or_in_the_table(path: str, shown: str) -> None:
    assert unit(path, ABOUT[path]) == shown


def test_units_and_costs_are_of_settings_that_are_there() -> None:
    assert [path for path in (*UNITS, *COSTS) if path not in ABOUT] == []


def test_every_setting_that_is_changed_in_a_test_stands_on_the_page() -> None:
    assert set(ABOUT) == set(OTHER)


def test_every_setting_says_what_it_is() -> None:
    assert [path for path, about in ABOUT.items() if not about.get("description")] == []
