"""The engine killed at random changes: what was under way is found, looked up and settled."""

import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackyard.ops.engine import pending_operations
from tests.engine.command_rig import CommandRig
from tests.engine.killed_stack import DESTROY, UP, pending, repaired, stack
from tests.engine.scan import Found
from tests.engine.trap import Kill

pytestmark = [pytest.mark.engine, pytest.mark.timeout(3600)]

PROGRAM = Path(__file__).with_name("killed_program.py")
CHANGES = {"up": 21, "change": 6, "destroy": 21}
"""How many changes each phase asks the cloud for."""
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a seed comes to."""

    phase: str
    kill: Kill

    @classmethod
    def of(cls, seed: int) -> "Plan":
        dice = random.Random(seed)  # noqa: S311  # a seed is the point
        phase = dice.choices(list(CHANGES), weights=(3, 1, 1))[0]
        return cls(
            phase=phase,
            kill=Kill(
                at=dice.randint(1, CHANGES[phase]),
                # In turn: a few seeds in a row have met all of them.
                signal=SIGNALS[seed % len(SIGNALS)],
                made=dice.random() < 0.5,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What was there after the kill, after the repair, and at the end."""

    signal: signal.Signals
    pending: list[str]
    told: list[str]
    settled: list[str]
    pending_after_repair: list[str]
    found: Found
    exit_codes: list[int]
    """Of `up`, of a preview that expects no change, of `destroy`."""
    left: Found


def _kill(rig: CommandRig, plan: Plan) -> None:
    if plan.phase == "up":
        rig.killed(plan.kill, *UP)
        return
    made = rig.run(*UP)
    assert made.returncode == 0, made.stdout
    if plan.phase == "destroy":
        rig.killed(plan.kill, *DESTROY)
        return
    rig.run("config", "set", "edition", "second")
    rig.killed(plan.kill, *UP)


def _live(folder: Path, plan: Plan) -> Aftermath:
    folder.mkdir()
    with stack(folder, PROGRAM) as (rig, scan):
        _kill(rig, plan)
        open_, told = pending(rig), pending_operations(rig.workspace)
        settled, after = repaired(rig), pending(rig)
        up, found = rig.run(*UP), scan.compare(rig.state())
        previewed, destroyed = rig.run("preview", "--expect-no-changes"), rig.run(*DESTROY)
        return Aftermath(
            signal=plan.kill.signal,
            pending=open_,
            told=sorted(f"{o.type} {o.urn}" for o in told),
            settled=sorted(f"{r.type} {r.urn}" for r in settled),
            pending_after_repair=after,
            found=found,
            exit_codes=[up.returncode, previewed.returncode, destroyed.returncode],
            left=scan.compare(rig.state()),
        )


def _wrong(life: Aftermath) -> list[str]:
    """What a life should not have come to; nothing, if all is well."""
    facts = {
        "told and settled is what the state had pending": life.told == life.settled == life.pending,
        "only SIGKILL leaves something": bool(life.pending) == (life.signal is signal.SIGKILL),
        "the repair leaves nothing pending": life.pending_after_repair == [],
        "the next up makes nothing twice and orphans nothing": life.found == Found(),
        "it converges, and destroys": life.exit_codes == [0, 0, 0],
        "destroy leaves nothing": life.left == Found(),
    }
    return [fact for fact, holds in facts.items() if not holds]


def _lives(folder: Path, seeds: range) -> dict[int, Aftermath]:
    return {seed: _live(folder / str(seed), Plan.of(seed)) for seed in seeds}


def _seen(lives: dict[int, Aftermath]) -> str:
    killed = [life for life in lives.values() if life.signal is signal.SIGKILL]
    return (
        f"{len(lives)} lives: after SIGINT and SIGTERM the state is whole, each of the"
        f" {len(killed)} SIGKILLs left pending operations; told by exit code 9, settled by"
        " `stackyard repair`; the next `up` made nothing twice, orphaned nothing"
    )


FAULT = "SIGINT, SIGTERM or SIGKILL of the engine at a random operation"


@pytest.mark.fault("engine", FAULT)
def test_a_killed_engine_loses_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seeds = range(5)

    lives = _lives(tmp_path, seeds)

    assert {seed: wrong for seed, life in lives.items() if (wrong := _wrong(life))} == {}
    record_property("seen", _seen(lives))


@pytest.mark.full
@pytest.mark.fault("engine", f"{FAULT}, many times")
def test_an_engine_killed_many_times_loses_nothing(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seeds = range(5, 55)

    lives = _lives(tmp_path, seeds)

    assert {seed: wrong for seed, life in lives.items() if (wrong := _wrong(life))} == {}
    record_property("seen", _seen(lives))
