"""A stack that stands, ways to change it behind the engine's back, and what is found then."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from typer.testing import CliRunner

from stackyard.cli import app
from stackyard.drift.command import of_workspace
from stackyard.drift.findings import Findings
from stackyard.ops import command
from stackyard.progress import Progress
from tests.engine.command_rig import CommandRig
from tests.engine.killed_stack import UP, stack
from tests.stacks.examples import PROD

PROGRAM, REGION = Path(__file__).parent / "drift_program.py", "us-east-1"
GROUP, ROLE = "aws:ec2/securityGroup:SecurityGroup", "aws:iam/role:Role"
CLUSTER, SECRET = "aws:rds/cluster:Cluster", "aws:secretsmanager/secret:Secret"  # a type


@contextmanager
def standing(folder: Path) -> Iterator[CommandRig]:
    """The stack of drift_program.py, brought up."""
    with stack(folder, PROGRAM) as (made, _):
        done = made.run(*UP)
        assert done.returncode == 0, done.stdout
        yield made


def drift(rig: CommandRig) -> Findings:
    return of_workspace(rig.workspace, Progress(quiet=True), region=REGION)


def run_drift(rig: CommandRig, *words: str) -> tuple[int, str]:
    """Exit code and text of the command, in a shell that stands in the project's folder."""
    file = rig.folder / "Pulumi.test.yaml"
    content = yaml.safe_load(file.read_text())
    env = {**PROD["env"], "region": REGION}
    sections = {f"stackyard:{key}": value for key, value in {**PROD, "env": env}.items()}
    file.write_text(yaml.safe_dump({**content, "config": sections}))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(rig.folder)
        patch.setattr(command, "check_identity", lambda _env, _file: None)
        for name, value in rig.environment.items():
            patch.setenv(name, value)
        done = CliRunner().invoke(app, ["drift", "test", *words])
    return done.exit_code, done.stdout


def seen(findings: Findings) -> list[tuple[str, str]]:
    """Name and facts of each."""
    return [(each.name, "; ".join(each.facts)) for each in findings.drifts]


def client(service: str) -> Any:
    make: Any = boto3.client
    return make(service, REGION)


def id_of(rig: CommandRig, type_: str) -> str:
    resources = json.loads(rig.state())["checkpoint"]["latest"]["resources"]
    (found,) = (each["id"] for each in resources if each["type"] == type_)
    return found


def tag_the_network(rig: CommandRig) -> None:
    tags = [{"Key": "team", "Value": "b"}]
    client("ec2").create_tags(Resources=[id_of(rig, "aws:ec2/vpc:Vpc")], Tags=tags)


def open_the_group(rig: CommandRig) -> str:
    """The rule's id."""
    ports = {"FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    (made,) = client("ec2").authorize_security_group_ingress(
        GroupId=id_of(rig, GROUP), IpPermissions=[{"IpProtocol": "tcp", **ports}]
    )["SecurityGroupRules"]
    return made["SecurityGroupRuleId"]


def delete_the_bucket(rig: CommandRig) -> None:
    client("s3").delete_bucket(Bucket=id_of(rig, "aws:s3/bucket:Bucket"))


def lift_the_minor_version(rig: CommandRig) -> None:
    """As AWS does in the maintenance window."""
    client("rds").modify_db_cluster(
        DBClusterIdentifier=id_of(rig, CLUSTER),
        EngineVersion="8.0.mysql_aurora.3.10.0",
        ApplyImmediately=True,
    )


def add_a_reader(rig: CommandRig) -> None:
    """As Application Auto Scaling does under load."""
    client("rds").create_db_instance(
        DBInstanceIdentifier="application-autoscaling-1",
        DBClusterIdentifier=id_of(rig, CLUSTER),
        DBInstanceClass="db.t4g.medium",
        Engine="aurora-mysql",
    )
