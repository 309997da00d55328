"""A figure's goal is a bound, from above or from below."""

from dataclasses import asdict

import pytest

from tests.bench.figure import Figure, result_of
from tests.bench.table import markdown


@pytest.mark.parametrize(
    ("at_least", "value", "holds"),
    [(True, 10, True), (True, 9.9, False), (False, 10, True), (False, 10.1, False)],
)
def test_a_goal_is_a_bound_from_above_or_from_below(
    at_least: bool, value: float, holds: bool
) -> None:
    figure = Figure(name="a", unit="", goal=10, at_least=at_least, meaning="")

    assert result_of(figure, [value]).holds is holds


@pytest.mark.parametrize(("at_least", "cell"), [(True, "| ≥ 10 |"), (False, "| ≤ 10 |")])
def test_the_page_tells_which_bound_a_goal_is(at_least: bool, cell: str) -> None:
    figure = Figure(name="a", unit="", goal=10, at_least=at_least, meaning="")

    assert cell in markdown({}, [asdict(result_of(figure, [10]))])
