"""Locks, two updates at once, a state that cannot be read: on the real engine."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.errors import LockedError, SettingsFaultError, StackyardError, StateFaultError
from stackyard.ops.engine import Workspace, answer, pending_operations
from stackyard.ops.run import up
from stackyard.progress import Progress
from tests.engine.cli_stack import CliStack, cli_stack, thing
from tests.reliability import Record

pytestmark = [pytest.mark.engine]

QUIET = Progress(quiet=True)
GONE = 2**22 + 1
"""A process id beyond the kernel's last."""
SINCE = "2026-05-01T12:00:00Z"
ROUNDS = 3


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[CliStack]:
    with cli_stack(tmp_path) as made:
        yield made


def lock_folder(stack: CliStack) -> Path:
    return stack.workspace.root / "state/.pulumi/locks/organization/app/test"


def forge_lock(stack: CliStack, host: str) -> None:
    content = {
        "pid": GONE,
        "username": "ann",
        "hostname": host,
        "timestamp": "2026-05-01T12:00:00Z",
    }
    lock_folder(stack).mkdir(parents=True, exist_ok=True)
    (lock_folder(stack) / "0a.json").write_text(json.dumps(content))


def whole(stack: CliStack) -> bool:
    """Whether state and cloud have the same, once each, and nothing is open."""
    open_ = pending_operations(stack.workspace) or list(lock_folder(stack).glob("*.json"))
    return stack.resources() == stack.cloud.names and not open_


@pytest.mark.fault("engine", "a lock that a process gone from this machine left")
def test_a_stale_lock_is_told_and_freed_by_the_command_that_is_named(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("topic"))
    forge_lock(stack, socket.gethostname())

    with pytest.raises(LockedError, match="a process that is gone: stale") as caught:
        up(stack.workspace, QUIET)
    command = str(caught.value).rpartition("Free it: pulumi ")[2]
    answer(stack.workspace, command.split())
    up(stack.workspace, QUIET)

    assert f"ann@{socket.gethostname()} (pid {GONE}) since" in str(caught.value)
    assert caught.value.exit_code == 5
    assert stack.cloud.names == ["topic"]
    record_property("seen", "exit code 5 with owner, host, age; the command named frees it")


@pytest.mark.fault("engine", "a lock of another machine")
def test_a_lock_of_another_machine_is_not_called_stale(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("topic"))
    forge_lock(stack, "another")

    with pytest.raises(LockedError, match="ann@another") as caught:
        up(stack.workspace, QUIET)

    assert "stale" not in str(caught.value)
    assert list(lock_folder(stack).glob("*.json"))
    record_property("seen", "exit code 5 with owner, host, age; the lock is left as it is")


@pytest.mark.fault("engine", "an update begun while another is under way")
def test_an_update_beside_one_that_is_under_way_ends_with_code_5(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("one"), thing("two"))
    with ThreadPoolExecutor(1) as pool, stack.cloud.held_at_its_first_create() as reached:
        first = pool.submit(up, stack.workspace, QUIET)
        assert reached.wait(120)

        with pytest.raises(LockedError, match="Wait for it to end") as caught:
            up(stack.workspace, QUIET)

    run = first.result()

    assert caught.value.exit_code == 5
    assert (run.exit_code, run.changes["create"]) == (0, 3)
    assert stack.cloud.names == ["one", "two"]
    assert whole(stack)
    record_property("seen", "the second ends with exit code 5, the first with all it was to make")


@pytest.mark.fault("engine", "two updates begun at once, three times over")
def test_two_updates_begun_at_once_leave_the_state_whole(
    stack: CliStack, record_property: Record
) -> None:
    for number in range(1, ROUNDS + 1):
        stack.program(*(thing(f"t{n}") for n in range(number)))
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(up, stack.workspace, QUIET) for _ in range(2)]
        refused = [problem for problem in map(Future.exception, both) if problem is not None]
        up(stack.workspace, QUIET)

        assert all(isinstance(problem, LockedError) for problem in refused), refused
        assert stack.cloud.names == [f"t{n}" for n in range(number)]
        assert whole(stack)
    record_property("seen", "each ends well or with exit code 5; the next makes what is missing")


def wrong_passphrase(stack: CliStack) -> Workspace:
    variables = {**stack.workspace.variables, "PULUMI_CONFIG_PASSPHRASE": "another"}
    return replace(stack.workspace, variables=variables)


@pytest.mark.fault("setup", "a wrong passphrase")
def test_a_wrong_passphrase_is_one_line(stack: CliStack, record_property: Record) -> None:
    stack.program(thing("topic"))

    with pytest.raises(SettingsFaultError, match="PULUMI_CONFIG_PASSPHRASE") as caught:
        up(wrong_passphrase(stack), QUIET)

    assert len(str(caught.value).splitlines()) == 1
    assert stack.cloud.names == []
    record_property("seen", "exit code 2, one line with the variable to set; nothing is made")


def cut(text: str) -> str:
    return text[: len(text) // 2]


def emptied(_text: str) -> str:
    return ""


def shuffled(text: str) -> str:
    """Resources before what they depend on: JSON that is sound and a state that is not."""
    state = json.loads(text)
    state["checkpoint"]["latest"]["resources"].reverse()
    return json.dumps(state)


def of_a_newer_version(text: str) -> str:
    return json.dumps({**json.loads(text), "version": 99})


def with_an_unknown_feature(text: str) -> str:
    return json.dumps({**json.loads(text), "version": 4, "features": ["flying"]})


@pytest.mark.fault("engine", "a state file cut off, emptied, out of order, or of a newer version")
def test_a_state_that_cannot_be_read_is_one_line_and_left_as_it_is(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("topic"))
    up(stack.workspace, QUIET)
    good = stack.state_file.read_text()
    told: dict[str, StackyardError] = {}

    for damage in (cut, emptied, shuffled, of_a_newer_version, with_an_unknown_feature):
        stack.state_file.write_text(damage(good))
        with pytest.raises(StateFaultError, match="nothing was touched") as caught:
            up(stack.workspace, QUIET)
        told[damage.__name__] = caught.value
        assert stack.state_file.read_text() == damage(good)

    assert all(len(str(each).splitlines()) == 1 for each in told.values())
    assert {name for name, each in told.items() if "damaged" in str(each)} == {
        "cut",
        "emptied",
        "shuffled",
    }
    record_property("seen", "exit code 9, one line with the way back; the file is left as it is")


def test_a_stack_that_is_not_there_is_told_with_how_to_make_it(stack: CliStack) -> None:
    nowhere = replace(stack.workspace, stack="nowhere")

    with pytest.raises(SettingsFaultError, match="pulumi stack init nowhere"):
        up(nowhere, QUIET)
