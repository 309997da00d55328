"""The guard on the real engine: what it stops, what the engine alone would do, the way through."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import DestructiveChangeError
from stackyard.ops.engine import operate
from stackyard.ops.guard import Consent
from stackyard.ops.run import destroy, up
from stackyard.progress import Progress
from tests.engine.cli_stack import DATABASE, TOPIC, CliStack, cli_stack, thing
from tests.reliability import Record

pytestmark = [pytest.mark.engine]

QUIET = Progress(quiet=True)
CANARY = "canary-8d1e-in-a-secret"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[CliStack]:
    with cli_stack(tmp_path) as made:
        yield made


def consent(stack: CliStack, name: str, reason: str = "moved, OPS-7") -> Consent:
    return Consent(urns=frozenset([stack.urn(DATABASE, name)]), reason=reason)


def history(stack: CliStack) -> list[dict[str, Any]]:
    """Every run that the stack's history has, the oldest first."""
    files = sorted(stack.workspace.root.glob("state/.pulumi/history/app/test/*.history.json"))
    return [json.loads(file.read_text()) for file in files]


@pytest.mark.fault("guard", "a destroy of a stack with a protected resource, by the engine alone")
def test_without_its_preview_the_engine_deletes_the_rest_and_fails_then(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("db", DATABASE, protect=True), thing("topic"))
    up(stack.workspace, QUIET)

    run = operate(stack.workspace, ["destroy"], on_progress=lambda _: None)

    assert run.exit_code == 1
    assert stack.cloud.names == stack.resources() == ["db"]
    record_property("seen", "the unprotected rest is deleted first, then the engine fails")
    record_property("lost", "all that was not protected: this is what the guard is for")


@pytest.mark.fault("guard", "a destroy of a stack with a protected resource")
def test_a_destroy_of_what_is_protected_is_refused_before_anything_is_touched(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("db", DATABASE, protect=True), thing("topic"))
    up(stack.workspace, QUIET)

    with pytest.raises(DestructiveChangeError, match="nothing was touched") as caught:
        destroy(stack.workspace, QUIET)

    assert stack.urn(DATABASE, "db") in str(caught.value)
    assert stack.cloud.names == stack.resources() == ["db", "topic"]
    record_property("seen", "exit code 6, the URN and what to change; no delete was sent")


def test_an_unprotected_stack_is_destroyed_with_what_is_stateful(stack: CliStack) -> None:
    stack.program(thing("db", DATABASE), thing("topic"))
    up(stack.workspace, QUIET)

    run = destroy(stack.workspace, QUIET)

    assert run.changes["delete"] == 3
    assert stack.cloud.names == stack.resources() == []


@pytest.mark.fault("guard", "a change that replaces the database")
def test_a_replacement_is_refused_with_the_property_that_forces_it(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("topic"), thing("db", DATABASE, engine="a"))
    up(stack.workspace, QUIET)
    stack.program(thing("topic", color="red"), thing("db", DATABASE, engine="b"))
    before = list(stack.cloud.log)

    with pytest.raises(DestructiveChangeError, match="forced by engine") as caught:
        up(stack.workspace, QUIET)

    assert f"replace {stack.urn(DATABASE, 'db')}" in str(caught.value)
    assert stack.cloud.log == before
    record_property("seen", "exit code 6, the URN and the property; no operation was sent")


@pytest.mark.fault("guard", "protection taken off in the update that replaces the database")
def test_protection_taken_off_in_the_same_update_does_not_help(
    stack: CliStack, record_property: Record
) -> None:
    stack.program(thing("db", DATABASE, engine="a", protect=True))
    up(stack.workspace, QUIET)
    stack.program(thing("db", DATABASE, engine="b", protect=False))

    with pytest.raises(DestructiveChangeError, match="protected"):
        up(stack.workspace, QUIET)

    assert stack.cloud.log == [("create", "db")]
    record_property("seen", "exit code 6; the engine alone lets this update through")


@pytest.mark.fault("guard", "the database removed from the program, or renamed without an alias")
def test_a_rename_without_an_alias_is_refused(stack: CliStack, record_property: Record) -> None:
    stack.program(thing("db", DATABASE), thing("topic"))
    up(stack.workspace, QUIET)
    stack.program(thing("database", DATABASE), thing("topic"))

    with pytest.raises(DestructiveChangeError, match="made at the same time: database") as caught:
        up(stack.workspace, QUIET)

    assert f"delete {stack.urn(DATABASE, 'db')}" in str(caught.value)
    assert stack.cloud.names == ["db", "topic"]
    record_property("seen", "exit code 6, and that a rename needs an alias; nothing was sent")


def test_consent_lets_one_update_through_and_its_reason_is_in_the_history(stack: CliStack) -> None:
    stack.program(thing("db", DATABASE, engine="a", protect=True))
    up(stack.workspace, QUIET)
    stack.program(thing("db", DATABASE, engine="b", protect=True))

    up(stack.workspace, QUIET, consent=consent(stack, "db"))
    stack.program(thing("db", DATABASE, engine="c", protect=True))
    with pytest.raises(DestructiveChangeError, match=r"forced by engine; .*; protected"):
        up(stack.workspace, QUIET)

    assert stack.cloud.log == [("create", "db"), ("create", "db"), ("delete", "db")]
    assert history(stack)[-1]["message"] == (f"moved, OPS-7 [destroys {stack.urn(DATABASE, 'db')}]")


def test_an_update_that_would_write_nothing_is_not_run(stack: CliStack) -> None:
    stack.program(thing("db", DATABASE), thing("topic"))
    up(stack.workspace, QUIET)

    run = up(stack.workspace, QUIET)

    assert run.changes == {"same": 3}
    assert len(history(stack)) == 1


@pytest.mark.parametrize("changed", [{"protect": True}, {"after": False}])
def test_a_change_of_options_alone_is_no_step_and_is_run(
    stack: CliStack, changed: dict[str, Any]
) -> None:
    stack.program(thing("db", DATABASE), thing("topic"))
    up(stack.workspace, QUIET)
    stack.program(thing("db", DATABASE), {**thing("topic"), **changed})

    run = up(stack.workspace, QUIET)

    latest = json.loads(stack.state_file.read_text())["checkpoint"]["latest"]
    (topic,) = (each for each in latest["resources"] if each["type"] == TOPIC)
    assert run.changes == {"same": 3}
    assert (bool(topic.get("protect")), bool(topic.get("dependencies"))) == (
        changed.get("protect", False),
        changed.get("after", True),
    )


def test_a_changed_output_alone_is_no_step_and_is_run(stack: CliStack) -> None:
    stack.program(thing("topic"))
    up(stack.workspace, QUIET)
    with (stack.workspace.root / "__main__.py").open("a") as program:
        program.write('pulumi.export("made", 1)\n')

    up(stack.workspace, QUIET)

    (root,) = (
        each
        for each in json.loads(stack.state_file.read_text())["checkpoint"]["latest"]["resources"]
        if each["type"] == "pulumi:pulumi:Stack"
    )
    assert root["outputs"] == {"made": 1}


def test_a_secret_output_is_in_no_file_that_a_run_leaves(stack: CliStack) -> None:
    stack.program(thing("topic"))
    program = stack.workspace.root / "__main__.py"
    said = f'pulumi.export("password", pulumi.Output.secret("{CANARY}"))\n'
    program.write_text(program.read_text() + said)

    up(stack.workspace, QUIET)

    left = [stack.workspace.events, stack.workspace.log, stack.state_file]
    assert "password" in stack.workspace.events.read_text()
    assert not [file for file in left if CANARY in file.read_text()]
