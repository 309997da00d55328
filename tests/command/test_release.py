"""`stackyard release` on the command line: what it prints, for people and for machines."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from release.parts import Targets
from release.plan import Failure, Ledger, Underway
from stacks.slots import Slot
from stackyard.cli import app
from stackyard.errors import ReleaseFailedError
from stackyard.ops import release as ops
from stackyard.ops.release import Status
from stackyard.progress import Progress
from stackyard.release_commands import status_text
from tests.release.world import V1, V2, serving

LEDGER = Ledger(live=serving("green", V2, number=2), previous=serving("blue", V1))
TARGETS: dict[Slot, Targets] = {
    "blue": Targets(healthy=0, starting=0, unhealthy=0),
    "green": Targets(healthy=2, starting=0, unhealthy=1),
}
STATUS = Status(ledger=LEDGER, weights={"blue": 0, "green": 100}, targets=TARGETS)


def answers(monkeypatch: pytest.MonkeyPatch, name: str, answer: object) -> list[tuple[object, ...]]:
    """Put an answer in the place of what the command calls; what it was called with."""
    asked: list[tuple[object, ...]] = []

    def call(_root: Path, *given: object) -> object:
        asked.append(tuple(each for each in given if not isinstance(each, Progress)))
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(ops, name, call)
    return asked


def test_a_release_ends_with_who_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, "release", LEDGER)

    done = CliRunner().invoke(app, ["release", V2.image, "--stack", "prod"])

    assert asked == [("prod", V2.image)]
    assert done.stdout == f"green serves {V2.image}\n"


def test_the_stack_may_stand_in_pulumis_own_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, "resume", LEDGER)

    CliRunner().invoke(app, ["release", "resume"], env={"PULUMI_STACK": "staging"})

    assert asked == [("staging",)]


def test_a_release_for_machines_prints_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "release", LEDGER)

    done = CliRunner().invoke(app, ["release", V2.image, "--stack", "prod", "--json"])

    assert json.loads(done.stdout)["live"]["version"]["image"] == V2.image


def test_a_rollback_ends_with_who_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "rollback", replace(LEDGER, live=serving("blue", V1)))

    done = CliRunner().invoke(app, ["rollback", "--stack", "prod"])

    assert done.stdout == f"blue serves {V1.image}\n"


def test_a_release_that_failed_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "release", ReleaseFailedError("too slow"))

    done = CliRunner().invoke(app, ["release", V2.image, "--stack", "prod"])

    assert isinstance(done.exception, ReleaseFailedError)


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (Failure(version=V2, reason="by hand", at="2026"), f"{V2.digest} is ended"),
        (None, "no release was under way"),
    ],
)
def test_an_abort_says_what_was_ended_and_what_comes_next(
    monkeypatch: pytest.MonkeyPatch, failure: Failure | None, said: str
) -> None:
    answers(monkeypatch, "abort", failure)

    done = CliRunner().invoke(app, ["release", "abort", "--stack", "prod"])

    assert done.stdout == f"{said}; what it left goes with: stackyard up prod\n"


def test_the_status_is_aligned_for_people() -> None:
    assert status_text(STATUS).splitlines() == [
        f"live       green {V2.image} since 2026-01-01, migration level 2",
        f"previous   blue  {V1.image} since 2026-01-01, migration level 2",
        "blue         0 % 0 healthy, 0 unhealthy pods",
        "green      100 % 2 healthy, 1 unhealthy pods",
    ]


def test_the_status_names_what_is_under_way_and_what_failed() -> None:
    ledger = Ledger(
        underway=Underway(slot="blue", version=V1, since="2026-01-01"),
        failed=Failure(version=V2, reason="too slow", at="2026-01-02"),
    )

    assert status_text(Status(ledger=ledger, weights=None, targets={})).splitlines() == [
        f"under way  blue  {V1.image} since 2026-01-01",
        f"failed     {V2.image} at 2026-01-02: too slow",
    ]


def test_before_the_first_release_the_status_says_so() -> None:
    nothing = Status(ledger=Ledger(), weights=None, targets={})

    assert status_text(nothing) == "nothing was released yet"


def test_the_status_for_machines_has_ledger_weights_and_pods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers(monkeypatch, "status", STATUS)

    done = CliRunner().invoke(app, ["release", "status", "--stack", "prod", "--json"])

    told = json.loads(done.stdout)
    assert told["weights"] == {"blue": 0, "green": 100}
    assert told["targets"]["green"] == {"healthy": 2, "starting": 0, "unhealthy": 1}
    assert told["ledger"]["live"]["number"] == 2
