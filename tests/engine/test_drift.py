"""`stackyard drift` on the real engine: moto changed behind its back."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.drift import command
from stackyard.drift.written import document, markdown, table
from stackyard.errors import LockedError, StackyardError
from stackyard.ops.outputs import outputs_of
from tests.engine.command_rig import CommandRig
from tests.engine.drift_program import CANARY, LIST
from tests.engine.drift_rig import (
    CLUSTER,
    ROLE,
    SECRET,
    client,
    delete_the_bucket,
    drift,
    id_of,
    lift_the_minor_version,
    open_the_group,
    run_drift,
    seen,
    standing,
    tag_the_network,
)
from tests.engine.killed_stack import UP

pytestmark = pytest.mark.engine


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[CommandRig]:
    with standing(tmp_path) as made:
        yield made


def test_what_was_changed_added_and_deleted_is_a_line_each_and_nothing_is_written(
    rig: CommandRig,
) -> None:
    tag_the_network(rig)
    rule = open_the_group(rig)
    delete_the_bucket(rig)
    before = rig.state()
    files = {file for file in (rig.folder / "state").rglob("*") if file.is_file()}

    found = drift(rig)

    assert seen(found) == [
        ("files", "gone, with its objects and their versions"),
        ("app", f"added: rule {rule}, in tcp 22 from 0.0.0.0/0"),
        ("net", "tags.team: a → b"),
    ]
    assert found.exit_code == 8
    assert rig.state() == before
    assert {file for file in (rig.folder / "state").rglob("*") if file.is_file()} == files


def test_the_command_ends_with_8_and_writes_no_state(rig: CommandRig) -> None:
    tag_the_network(rig)
    before = rig.state()

    code, text = run_drift(rig, "--json")

    (found,) = json.loads(text)["drifts"]
    assert (code, found["name"], found["kind"]) == (8, "net", "changed")
    assert found["properties"] == [{"path": "tags.team", "old": "a", "new": "b"}]
    assert rig.state() == before


def test_what_was_changed_outside_is_told_from_what_the_program_would_change(
    rig: CommandRig,
) -> None:
    rig.run("config", "set", "renamed", "other")
    tag_the_network(rig)

    assert seen(drift(rig)) == [("net", "tags.team: a → b")]


def test_a_setting_of_the_database_beside_its_lifted_version_is(rig: CommandRig) -> None:
    lift_the_minor_version(rig)
    client("rds").modify_db_cluster(
        DBClusterIdentifier=id_of(rig, CLUSTER), BackupRetentionPeriod=1
    )

    assert seen(drift(rig)) == [("db", "backupRetentionPeriod: 7 → 1")]


def test_policies_that_a_role_was_given_are_found(rig: CommandRig) -> None:
    role, iam = id_of(rig, ROLE), client("iam")
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_role_policy(RoleName=role, PolicyName="door", PolicyDocument=LIST)

    assert seen(drift(rig)) == [
        ("app", "added: inline policy door"),
        ("app", "added: policy arn:aws:iam::aws:policy/AdministratorAccess"),
    ]


def test_a_secret_is_in_nothing_that_drift_writes(rig: CommandRig) -> None:
    changed = f"{CANARY}-changed"
    client("secretsmanager").put_secret_value(SecretId=id_of(rig, SECRET), SecretString=changed)
    tag_the_network(rig)

    found = drift(rig)

    files = [file for file in rig.folder.rglob("*") if file.is_file()]
    # The program itself has it.
    left = [file for file in files if file.suffix not in (".py", ".pyc")]
    written = [write(found) for write in (table, markdown, document)]
    network, secret = seen(found)
    assert network == ("net", "tags.team: a → b")
    assert (secret[0], secret[1].startswith("AWSCURRENT: ")) == ("app", True)
    assert rig.workspace.log in left
    assert not [text for text in written if CANARY in text]
    assert not [file for file in left if CANARY in _text(file)]


def test_a_secret_that_was_deleted_is_gone_with_its_version(rig: CommandRig) -> None:
    client("secretsmanager").delete_secret(
        SecretId=id_of(rig, SECRET), ForceDeleteWithoutRecovery=True
    )

    assert seen(drift(rig)) == [
        ("app", "gone, with its value and its ARN, which readers know"),
        ("app", "gone"),
    ]


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def test_a_stack_that_does_not_stand_is_one_line(rig: CommandRig) -> None:
    rig.run("destroy", "--yes", "--skip-preview")

    with pytest.raises(StackyardError, match="the stack test does not stand") as drifted:
        drift(rig)
    with pytest.raises(StackyardError, match="the stack test has no outputs") as printed:
        outputs_of(rig.workspace)

    for caught in (drifted, printed):
        assert str(caught.value).endswith("bring it up: stackyard up test")
        assert "\n" not in str(caught.value)


def test_a_state_that_another_command_writes_meanwhile_is_no_drift(
    rig: CommandRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = command.compare

    def meanwhile(*words: Any, **more: Any) -> Any:
        rig.run("config", "set", "renamed", "other")
        assert rig.run(*UP).returncode == 0
        return compare(*words, **more)

    monkeypatch.setattr(command, "compare", meanwhile)

    with pytest.raises(LockedError, match="another command changed the stack test"):
        drift(rig)
