"""What is no drift, on the real engine: one stack, which nothing here makes drift."""

from collections.abc import Callable, Iterator

import pytest

from tests.engine.command_rig import CommandRig
from tests.engine.drift_rig import (
    add_a_reader,
    drift,
    lift_the_minor_version,
    run_drift,
    seen,
    standing,
)

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandRig]:
    with standing(tmp_path_factory.mktemp("calm")) as made:
        yield made


def test_an_untouched_stack_has_not_drifted(rig: CommandRig) -> None:
    found = drift(rig)

    assert (seen(found), found.set_apart, found.exit_code) == ([], (), 0)
    assert found.project == "app"


def test_what_the_program_would_change_is_no_drift(rig: CommandRig) -> None:
    rig.run("config", "set", "renamed", "other")
    previewed = rig.run("preview").stdout

    assert "~ 1 to update" in previewed
    assert seen(drift(rig)) == []


@pytest.mark.parametrize("change", [lift_the_minor_version, add_a_reader])
def test_what_the_program_leaves_to_aws_is_no_drift(
    rig: CommandRig, change: Callable[[CommandRig], None]
) -> None:
    change(rig)

    assert seen(drift(rig)) == []


def test_the_command_ends_with_0(rig: CommandRig) -> None:
    code, text = run_drift(rig)

    assert code == 0
    assert text.startswith("test: none of ")
