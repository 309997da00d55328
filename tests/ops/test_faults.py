"""The CLI's own words as one clear message with the right exit code."""

from pathlib import Path

import pytest

from stackyard.errors import LockedError, SettingsFaultError, StackyardError, StateFaultError
from stackyard.ops.engine import EngineRun, Workspace
from stackyard.ops.faults import raise_for

WORKSPACE = Workspace(
    root=Path("/p"),
    stack="prod",
    variables={},
    events=Path("/p/events"),
    log=Path("/p/logs/pulumi.log"),
    prelude="source env; ",
)


def failed(said: str = "", *errors: str) -> EngineRun:
    return EngineRun(exit_code=255, seconds=1.0, changes={}, errors=errors, said=said)


@pytest.mark.parametrize(
    ("said", "kind", "says"),
    [
        ("get stack secrets manager: incorrect passphrase", SettingsFaultError, "is not the one"),
        ("passphrase must be set with PULUMI_", SettingsFaultError, "none is given"),
        ("no stack selected; please use", SettingsFaultError, "source env; pulumi stack init prod"),
        ("no stack named 'prod' found", SettingsFaultError, "has no stack prod"),
        ("failed to load checkpoint: place 1: unexpected end", StateFaultError, r"\.json\.bak"),
        ("snapshot integrity failure; refusing to use it", StateFaultError, "is damaged"),
        (
            "failed to load checkpoint: unsupported checkpoint version 9",
            StateFaultError,
            "newer Pulumi",
        ),
        (
            (
                "failed to load checkpoint: this stack's deployment needs support for the following"
                " features: flying"
            ),
            StateFaultError,
            "newer Pulumi",
        ),
        ("[409] Conflict: Another update is currently in progress.", LockedError, "under way"),
        (
            (
                "the stack is currently locked by 1 lock(s).\n  s3://b/k: created by a@b (pid 7) at"
                " 2026-05-01T12:00:00Z"
            ),
            LockedError,
            "a@b",
        ),
    ],
)
def test_a_fault_of_the_clis_own_is_one_clear_message(
    said: str, kind: type[StackyardError], says: str
) -> None:
    with pytest.raises(kind, match=says) as caught:
        raise_for(failed(f"warning: x\nerror: {said}\n"), WORKSPACE)

    assert type(caught.value) is kind


def test_what_a_provider_said_is_told_before_the_clis_text() -> None:
    run = failed("error: incorrect passphrase\n", "db: no room", "update failed")

    with pytest.raises(StackyardError, match=r"^db: no room\nupdate failed\nThe engine's output"):
        raise_for(run, WORKSPACE)


def test_unknown_words_are_passed_on_with_where_the_rest_stands() -> None:
    with pytest.raises(StackyardError, match=r"^one\nand more\ntwo\n.*: logs/pulumi\.log; run the"):
        raise_for(failed("Updating:\nerror: one\nand more\nerror: two\n"), WORKSPACE)


def test_an_engine_without_a_word_is_said_to_be_one() -> None:
    with pytest.raises(StackyardError, match="without a word"):
        raise_for(failed(), WORKSPACE)


def test_a_run_that_ended_well_raises_nothing() -> None:
    raise_for(EngineRun(exit_code=0, seconds=1.0, changes={}), WORKSPACE)
