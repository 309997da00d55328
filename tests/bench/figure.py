"""One figure: its name, unit and goal, and what was measured."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What is measured and how good it has to be."""

    name: str
    unit: str
    goal: float
    at_least: bool = False
    """Whether the goal is a lower bound: higher is better."""
    meaning: str
    measure: Callable[[], Sequence[float]] | None = None
    """Gives one value a round; none for a figure that is measured by hand."""
    note: Callable[[], str] = str
    """What is to be said of the values; nothing if not given."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A figure's values of one run, in its unit."""

    name: str
    unit: str
    goal: float
    at_least: bool
    median: float
    min: float
    max: float
    rounds: int
    holds: bool
    note: str

    def as_json(self) -> dict[str, Any]:
        """The row of docs/benchmarks.json."""
        return asdict(self)


def result_of(figure: Figure, values: Sequence[float], *, note: str = "") -> Result:
    """Median and range of the rounds."""
    middle = median(values)
    return Result(
        name=figure.name,
        unit=figure.unit,
        goal=figure.goal,
        at_least=figure.at_least,
        median=round(middle, 2),
        min=round(min(values), 2),
        max=round(max(values), 2),
        rounds=len(values),
        holds=middle >= figure.goal if figure.at_least else middle <= figure.goal,
        note=note,
    )
