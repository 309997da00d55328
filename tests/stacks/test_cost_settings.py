"""The assumptions of the cost estimate: their bounds, and what is said beyond them."""

from typing import Any

import pytest

from stacks.load import SettingsError, load
from tests.stacks.examples import prod_with

FILE = "Pulumi.prod.yaml"


@pytest.mark.parametrize(
    "keys",
    [
        {"monthlyRequests": 0},
        {"monthlyRequests": 1_000_000_000_000},
        {"responseKib": 0.5, "databaseGib": 131_072},
        {"logGib": 0},
        {"loadPercent": 100},
    ],
)
def test_a_value_at_its_bound_is_taken(keys: dict[str, Any]) -> None:
    given = load(FILE, prod_with("cost", **keys)).cost.model_dump(by_alias=True)

    assert {key: given[key] for key in keys} == keys


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"monthlyRequests": -1}, "cost.monthlyRequests: "),
        ({"monthlyRequests": "many"}, "cost.monthlyRequests: "),
        ({"responseKib": -1}, "cost.responseKib: "),
        ({"databaseGib": 131_073}, "cost.databaseGib: "),
        ({"logGib": 1_048_577}, "cost.logGib: "),
        ({"loadPercent": 101}, "cost.loadPercent: "),
        ({"requests": 1}, "cost.requests: "),
    ],
)
def test_a_mistake_is_named_with_its_path(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(FILE, prod_with("cost", **keys))

    assert str(caught.value).startswith(f"{FILE}: {says}")
    assert len(str(caught.value).splitlines()) == 1
