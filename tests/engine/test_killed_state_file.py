"""What a kill in the middle of a write does to the file that holds the state."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stackyard.local.binaries import found
from stackyard.local.engine_environment import variables
from stackyard.local.layout import Layout
from stackyard.local.secrets import make_secrets
from tests.engine.command_rig import CommandRig

pytestmark = pytest.mark.engine

ONE_FILE = "?metadata=skip"
PROGRAM = Path(__file__).with_name("killed_program.py")


@pytest.mark.fault("engine", "SIGKILL while the state file is written")
def test_the_local_stacks_state_is_one_file_that_is_replaced_whole(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rig, layout = CommandRig(tmp_path, PROGRAM, {}), Layout(root=tmp_path)
    layout.state.mkdir(parents=True)
    given = variables(layout, make_secrets(layout), found().folders)
    rig.environment["PULUMI_BACKEND_URL"] = given["PULUMI_BACKEND_URL"]

    made = rig.run("stack", "init", "other")

    files = {file.name for file in layout.state.glob(".pulumi/stacks/*/*")}
    assert made.returncode == 0, made.stderr
    assert files == {"other.json", "other.json.bak"}
    record_property(
        "seen", "the state is one file, replaced whole; none beside it that could be cut off"
    )


def test_a_file_beside_the_state_that_was_cut_off_makes_it_unreadable_until_it_is_removed(
    tmp_path: Path,
) -> None:
    rig = CommandRig(tmp_path, PROGRAM, {})
    plain = rig.environment["PULUMI_BACKEND_URL"].removesuffix(ONE_FILE)
    rig.environment["PULUMI_BACKEND_URL"] = plain
    rig.run("stack", "init", "other")
    (beside,) = tmp_path.glob("state/.pulumi/stacks/*/other.json.attrs")
    beside.write_text("")

    refused = rig.run("stack", "export", "--stack", "other")
    beside.unlink()
    exported = rig.run("stack", "export", "--stack", "other")

    assert "failed to load checkpoint: EOF" in refused.stderr
    assert exported.returncode == 0
