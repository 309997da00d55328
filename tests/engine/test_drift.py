"""`stackyard drift` on the real engine: moto changed behind its back, and what is no drift."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from stackyard.drift import command
from stackyard.drift.command import of_workspace
from stackyard.drift.findings import Findings
from stackyard.drift.written import document, markdown, table
from stackyard.errors import LockedError, StackyardError
from stackyard.ops.outputs import outputs_of
from stackyard.progress import Progress
from tests.engine.command_rig import CommandRig
from tests.engine.drift_program import CANARY
from tests.engine.killed_stack import UP, stack

pytestmark = pytest.mark.engine

PROGRAM, REGION = Path(__file__).parent / "drift_program.py", "us-east-1"
QUIET = Progress(quiet=True)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[CommandRig]:
    with stack(tmp_path, PROGRAM) as (made, _):
        done = made.run(*UP)
        assert done.returncode == 0, done.stdout
        yield made


def drift(rig: CommandRig) -> Findings:
    return of_workspace(rig.workspace, QUIET, region=REGION)


def client(service: str) -> Any:
    make: Any = boto3.client
    return make(service, REGION)


def id_of(rig: CommandRig, type_: str) -> str:
    resources = json.loads(rig.state())["checkpoint"]["latest"]["resources"]
    (found,) = (each["id"] for each in resources if each["type"] == type_)
    return found


def seen(findings: Findings) -> list[tuple[str, str]]:
    return [(each.name, "; ".join(each.facts)) for each in findings.drifts]


def tag_the_network(rig: CommandRig) -> None:
    tags = [{"Key": "team", "Value": "b"}]
    client("ec2").create_tags(Resources=[id_of(rig, "aws:ec2/vpc:Vpc")], Tags=tags)


def open_the_group(rig: CommandRig) -> str:
    (made,) = client("ec2").authorize_security_group_ingress(
        GroupId=id_of(rig, "aws:ec2/securityGroup:SecurityGroup"),
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 22,
                "ToPort": 22,
                "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
            }
        ],
    )["SecurityGroupRules"]
    return made["SecurityGroupRuleId"]


def delete_the_bucket(rig: CommandRig) -> None:
    client("s3").delete_bucket(Bucket=id_of(rig, "aws:s3/bucket:Bucket"))


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


def test_an_untouched_stack_has_not_drifted(rig: CommandRig) -> None:
    found = drift(rig)

    assert (seen(found), found.expected, found.exit_code) == ([], (), 0)
    assert found.project == "app"


def test_what_the_program_would_change_is_no_drift(rig: CommandRig) -> None:
    rig.run("config", "set", "renamed", "other")
    assert "~ 1 to update" in rig.run("preview").stdout

    assert seen(drift(rig)) == []


def test_what_was_changed_outside_is_told_from_what_the_program_would_change(
    rig: CommandRig,
) -> None:
    rig.run("config", "set", "renamed", "other")
    tag_the_network(rig)

    assert seen(drift(rig)) == [("net", "tags.team: a → b")]


def lift_the_minor_version(rig: CommandRig) -> None:
    client("rds").modify_db_cluster(
        DBClusterIdentifier=id_of(rig, "aws:rds/cluster:Cluster"),
        EngineVersion="8.0.mysql_aurora.3.10.0",
        ApplyImmediately=True,
    )


def add_a_reader(rig: CommandRig) -> None:
    """As Application Auto Scaling does under load."""
    client("rds").create_db_instance(
        DBInstanceIdentifier="application-autoscaling-1",
        DBClusterIdentifier=id_of(rig, "aws:rds/cluster:Cluster"),
        DBInstanceClass="db.t4g.medium",
        Engine="aurora-mysql",
    )


@pytest.mark.parametrize("change", [lift_the_minor_version, add_a_reader])
def test_what_the_program_leaves_to_aws_is_no_drift(
    rig: CommandRig, change: Callable[[CommandRig], None]
) -> None:
    change(rig)

    assert seen(drift(rig)) == []


def test_a_setting_of_the_database_beside_its_lifted_version_is(rig: CommandRig) -> None:
    lift_the_minor_version(rig)
    client("rds").modify_db_cluster(
        DBClusterIdentifier=id_of(rig, "aws:rds/cluster:Cluster"), BackupRetentionPeriod=1
    )

    assert seen(drift(rig)) == [("db", "backupRetentionPeriod: 7 → 1")]


def test_policies_that_a_role_was_given_are_found(rig: CommandRig) -> None:
    role, iam = id_of(rig, "aws:iam/role:Role"), client("iam")
    iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_role_policy(RoleName=role, PolicyName="door", PolicyDocument="{}")

    assert seen(drift(rig)) == [
        ("app", "added: inline policy door"),
        ("app", "added: policy arn:aws:iam::aws:policy/AdministratorAccess"),
    ]


def test_a_secret_is_in_nothing_that_drift_writes(rig: CommandRig) -> None:
    changed = f"{CANARY}-changed"
    client("secretsmanager").put_secret_value(
        SecretId=id_of(rig, "aws:secretsmanager/secret:Secret"), SecretString=changed
    )
    tag_the_network(rig)

    found = drift(rig)

    left = [file for file in rig.folder.rglob("*") if file.is_file()]
    written = [write(found) for write in (table, markdown, document)]
    assert ("net", "tags.team: a → b") in seen(found)
    assert rig.workspace.log in left
    assert not [text for text in written if CANARY in text]
    assert not [file for file in left if file.suffix != ".py" and CANARY in _text(file)]


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
