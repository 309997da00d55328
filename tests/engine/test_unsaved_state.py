"""A state that cannot be written in the middle of an update, on the real engine."""

import shlex
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stackyard.errors import StateFaultError
from stackyard.ops.engine import pending_operations
from stackyard.ops.repair import repair, ways_of
from stackyard.ops.run import up
from stackyard.progress import Progress
from tests.engine.cli_stack import CliStack, cli_stack, thing
from tests.reliability import Record

pytestmark = [pytest.mark.engine]

QUIET = Progress(quiet=True)


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[CliStack]:
    with cli_stack(tmp_path) as made:
        yield made


# The CLI tries each write again for half a minute.
@pytest.mark.fault("engine", "a state that cannot be written from the middle of an update on")
def test_what_was_made_while_the_state_could_not_be_written_is_written_back(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("one"), thing("two"))
    folder = stack.workspace.root / "state/.pulumi/stacks/app"
    aside = stack.workspace.root / "aside"
    with ThreadPoolExecutor(1) as pool, stack.cloud.held_at_its_first_create() as reached:
        run = pool.submit(up, stack.workspace, QUIET)
        assert reached.wait(120)
        # No user, not even root, writes into what is no folder.
        folder.rename(aside)
        folder.touch()
    with pytest.raises(StateFaultError, match="could not be written") as caught:
        run.result()
    folder.unlink()
    aside.rename(folder)
    made, pending = stack.cloud.names, pending_operations(stack.workspace)

    command = shlex.split(str(caught.value).splitlines()[-1])
    ways = ways_of([command[command.index("--adopt") + 1]], [])
    repair(stack.workspace, ways, lambda _resource, _resources: [], QUIET)
    resources = stack.resources()
    up(stack.workspace, QUIET)

    assert made == ["one"]
    assert [each.urn.rpartition("::")[2] for each in pending] == ["one"]
    assert resources == ["one"]
    assert stack.cloud.names == stack.resources() == ["one", "two"]
    assert stack.cloud.log == [("create", "one"), ("create", "two")]
    record_property(
        "seen",
        "exit code 9; what is in no state is listed and kept with its id; the command named"
        " writes it back, the next update makes the rest and nothing twice",
    )
