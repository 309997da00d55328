"""Everything that is rehearsed: good and bad releases, killed drivers, and what others do."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from tests.bench.naive import naive
from tests.bench.rehearsal import Outcome, Row, Scenario, Serving, Trial
from tests.bench.variants import build_variant
from tests.end_to_end.releasing import (
    MOMENTS,
    highest_weight,
    release,
    release_killed_at,
    resume,
    told_since,
)
from tests.end_to_end.running_stack import RunningStack

ROLLED_BACK = 7
"""Exit code of a release that failed while the old version serves on."""
UNATTENDED_SECONDS = 5.0
"""Between a driver's end and the command that goes on with its release."""


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A scenario and how it has to end."""

    scenario: Scenario
    exit_code: int = 0
    serves: Serving = "new"

    def fault(self, row: Row) -> str:
        """How a row's end is not as it has to be; empty where it is."""
        if (row.exit_code, row.serves) == (self.exit_code, self.serves):
            return ""
        return (
            f"{row.scenario} ended with exit code {row.exit_code}, the {row.serves} version"
            f" serving; it has to end with {self.exit_code}, the {self.serves} one serving"
        )


def released(variant: str, *, shown: bool = False) -> Scenario:
    """A release of one variant; `shown` lets its command speak."""

    @contextmanager
    def prepared(stack: RunningStack) -> Iterator[Trial]:
        image = build_variant(stack.layout, variant)

        def act() -> Outcome:
            ended = release(stack, image, shown=shown)
            return Outcome(exit_code=ended.exit_code, highest_weight=highest_weight(ended.told))

        yield Trial(candidate=image.partition("@")[2], act=act)

    return prepared


def killed(moment: str) -> Scenario:
    """A good release whose driver is killed, and another command that goes on with it."""

    @contextmanager
    def prepared(stack: RunningStack) -> Iterator[Trial]:
        image = build_variant(stack.layout, "good")

        def act() -> Outcome:
            since = time.time()
            release_killed_at(stack, image, moment)
            time.sleep(UNATTENDED_SECONDS)
            ended = resume(stack)
            return Outcome(
                exit_code=ended.exit_code, highest_weight=highest_weight(told_since(since))
            )

        yield Trial(candidate=image.partition("@")[2], act=act)

    return prepared


def _bad(variant: str) -> Rehearsed:
    return Rehearsed(scenario=released(variant), exit_code=ROLLED_BACK, serves="old")


GOOD: Mapping[str, Rehearsed] = {"good": Rehearsed(scenario=released("good"))}
BAD: Mapping[str, Rehearsed] = {
    "20 % errors": _bad("errors"),
    "500 ms slower": _bad("slow"),
    "health check fails": _bad("unhealthy"),
    "crashes in the bake": _bad("crash"),
    "bad migration": _bad("bad-migration"),
}
KILLED: Mapping[str, Rehearsed] = {
    f"driver killed: {moment}": Rehearsed(scenario=killed(moment)) for moment in MOMENTS
}
NAIVE: Mapping[str, Rehearsed] = {
    "naive rolling": Rehearsed(scenario=naive("RollingUpdate", readiness_probe=False)),
    "naive rolling, readiness probe": Rehearsed(
        scenario=naive("RollingUpdate", readiness_probe=True)
    ),
    "naive recreate": Rehearsed(scenario=naive("Recreate", readiness_probe=True)),
}
SCENARIOS: Mapping[str, Rehearsed] = {**GOOD, **BAD, **KILLED, **NAIVE}
"""In the order of the table."""
