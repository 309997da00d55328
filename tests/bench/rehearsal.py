"""A rehearsal: load on a running stack, a release in the middle of it, and what users met."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tests.end_to_end.load import Answers, open_loop
from tests.end_to_end.running_stack import RunningStack

PER_SECOND = 300
STEADY_SECONDS = 10.0
"""Of load before a release, whose times are the steady ones, and after it."""
ASKED = 20
"""Answers by which it is told which version serves."""

Serving = Literal["old", "new", "both"]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the command that released came to."""

    exit_code: int
    highest_weight: int | None = None
    """Largest percent of the requests that the candidate was given; none without weights."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A release that is ready to begin."""

    candidate: str
    """Digest of the version to release."""
    act: Callable[[], Outcome]


Scenario = Callable[[RunningStack], AbstractContextManager[Trial]]
"""Makes a trial ready, before there is load, and tidies up after it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One rehearsal."""

    scenario: str
    requests: int
    failed: int
    """Answered with anything but 200, or not at all."""
    p95_steady_ms: float
    p95_release_ms: float
    exit_code: int
    seconds: float
    """From the command's start to its end."""
    serves: Serving
    """The version that serves afterwards."""
    highest_weight: int | None
    candidate_answers: int
    """Requests that the candidate answered, well or not."""

    @property
    def failed_percent(self) -> float:
        return 100 * self.failed / self.requests

    @property
    def p95_ratio(self) -> float:
        """p95 while the release ran, over the steady one."""
        return self.p95_release_ms / self.p95_steady_ms

    def as_json(self) -> dict[str, Any]:
        """The row of docs/releases.json."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class UnderLoad:
    """What users met, and when on the monotonic clock the release began and ended."""

    answers: Answers
    began: float
    ended: float


def rehearse(
    stack: RunningStack, name: str, scenario: Scenario, *, steady_seconds: float = STEADY_SECONDS
) -> Row:
    """Run one scenario on a stack that is whole."""
    with scenario(stack) as trial:
        outcomes: list[Outcome] = []
        url = f"{stack.load_balancer}/api/posts"
        seen = under_load(url, lambda: outcomes.append(trial.act()), steady_seconds)
        serves = serving(releases_asked(stack), trial.candidate)
    return row_of(name, seen, outcomes[0], candidate=trial.candidate, serves=serves)


def under_load(url: str, act: Callable[[], None], steady_seconds: float) -> UnderLoad:
    """Steady load, `act`, and steady load again."""
    marks: list[float] = []

    def meanwhile() -> None:
        time.sleep(steady_seconds)
        marks.append(time.monotonic())
        act()
        marks.append(time.monotonic())
        time.sleep(steady_seconds)

    loop = open_loop(url, per_second=PER_SECOND, at_least_seconds=0, meanwhile=meanwhile)
    answers = asyncio.run(loop)
    return UnderLoad(answers=answers, began=marks[0], ended=marks[1])


def row_of(name: str, seen: UnderLoad, outcome: Outcome, *, candidate: str, serves: Serving) -> Row:
    """The row, rounded to what the clock is good for."""
    answers = seen.answers
    return Row(
        scenario=name,
        requests=answers.sent,
        failed=answers.failed,
        p95_steady_ms=round(answers.p95_ms(until=seen.began), 1),
        p95_release_ms=round(answers.p95_ms(seen.began, seen.ended), 1),
        exit_code=outcome.exit_code,
        seconds=round(seen.ended - seen.began, 1),
        serves=serves,
        highest_weight=outcome.highest_weight,
        candidate_answers=answers.releases[candidate],
    )


def releases_asked(stack: RunningStack) -> set[str]:
    """The releases that answer now; each request on a connection of its own."""
    url = f"{stack.load_balancer}/health"
    found: set[str] = set()
    for _ in range(ASKED):
        with urllib.request.urlopen(url, timeout=5) as answer:
            found.add(str(json.load(answer)["release"]))
    return found


def serving(releases: set[str], candidate: str) -> Serving:
    """Which version gave those answers. Raises `ValueError` when there were none."""
    if not releases:
        raise ValueError("nobody answered")
    if releases == {candidate}:
        return "new"
    return "both" if candidate in releases else "old"
