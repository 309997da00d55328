"""What the repair does where one object does not simply answer to one operation."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import boto3
import pytest

from stackyard.errors import LockedError, StateFaultError
from stackyard.ops.repair import Ways
from tests.engine.command_rig import CommandRig
from tests.engine.killed_stack import DESTROY, UP, pending, repaired, stack
from tests.engine.scan import Found
from tests.engine.trap import Kill

pytestmark = pytest.mark.engine

CIDR, TAGS = "10.0.0.0/16", [{"Key": "Name", "Value": "net"}]
VPC = f"""
import pulumi
import pulumi_aws as aws

provider = aws.Provider("aws", region="us-east-1")
opts = pulumi.ResourceOptions(provider=provider)
aws.ec2.Vpc("net", cidr_block="{CIDR}", tags={{"Name": "net"}}, opts=opts)
"""
BUCKET = VPC.replace(f'ec2.Vpc("net", cidr_block="{CIDR}"', 's3.Bucket("net"')
URN = "urn:pulumi:test::app::aws:ec2/vpc:Vpc::net"


def _program(folder: Path, text: str) -> Path:
    file = folder / "program.py"
    file.write_text(text)
    return file


def _kill_the_first_create(rig: CommandRig) -> None:
    rig.killed(Kill(at=1, signal=signal.SIGKILL, made=True), *UP)


def _vpcs() -> list[str]:
    ec2: Any = boto3.client("ec2", "us-east-1")
    filters = [{"Name": "cidr", "Values": [CIDR]}]
    return sorted(vpc["VpcId"] for vpc in ec2.describe_vpcs(Filters=filters)["Vpcs"])


def _buckets() -> list[str]:
    s3: Any = boto3.client("s3", "us-east-1")
    return [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def _another_vpc() -> None:
    ec2: Any = boto3.client("ec2", "us-east-1")
    named = [{"ResourceType": "vpc", "Tags": TAGS}]
    ec2.create_vpc(CidrBlock=CIDR, TagSpecifications=named)


def test_where_several_fit_they_are_listed_and_nothing_is_changed(tmp_path: Path) -> None:
    program = _program(tmp_path, VPC)
    with stack(tmp_path, program) as (rig, _scan):
        _kill_the_first_create(rig)
        _another_vpc()
        before = rig.state()

        with pytest.raises(StateFaultError) as told:
            repaired(rig)

        assert [f"--adopt '{URN}={id_}'" in str(told.value) for id_ in _vpcs()] == [True, True]
        assert rig.state() == before


def test_the_one_that_is_chosen_is_adopted(tmp_path: Path) -> None:
    program = _program(tmp_path, VPC)
    with stack(tmp_path, program) as (rig, _scan):
        _kill_the_first_create(rig)
        _another_vpc()
        chosen = _vpcs()[0]

        (done,) = repaired(rig, Ways(adopt={URN: chosen}))
        previewed = rig.run("preview", "--expect-no-changes")

        assert done.done == f"adopted as {chosen}"
        assert previewed.returncode == 0, previewed.stdout


def test_a_stack_that_another_command_holds_is_left_alone(tmp_path: Path) -> None:
    program = _program(tmp_path, VPC)
    with stack(tmp_path, program) as (rig, _scan):
        _kill_the_first_create(rig)
        (lock,) = rig.folder.glob("state/.pulumi/locks/*/*/*/*.json")
        # A process that is there for sure.
        told = json.loads(lock.read_text()) | {"pid": os.getpid()}
        lock.write_text(json.dumps(told))

        with pytest.raises(LockedError, match="is locked by"):
            repaired(rig)

        assert pending(rig) == [f"creating {URN}"]


def test_what_is_forgotten_is_made_anew(tmp_path: Path) -> None:
    program = _program(tmp_path, VPC)
    with stack(tmp_path, program) as (rig, _scan):
        _kill_the_first_create(rig)
        lost = _vpcs()

        (done,) = repaired(rig, Ways(forget=frozenset([URN])))
        rig.run(*UP)

        assert done.done == "forgotten, as told"
        assert len(_vpcs()) == len(lost) + 1


def test_an_up_before_the_repair_makes_a_second_one_and_the_next_deletes_one(
    tmp_path: Path,
) -> None:
    program = _program(tmp_path, BUCKET)
    with stack(tmp_path, program) as (rig, scan):
        _kill_the_first_create(rig)
        rig.run("cancel", "--yes")
        rig.run(*UP)
        both = _buckets()

        (done,) = repaired(rig)
        up = rig.run(*UP)

        assert len(both) == 2
        assert done.done.endswith("the stack has another, so the next up deletes this one")
        assert up.returncode == 0, up.stdout
        assert (len(_buckets()), scan.compare(rig.state())) == (1, Found())


def test_the_engines_own_way_to_adopt_loses_the_object(tmp_path: Path) -> None:
    # Why the repair edits the state: where this fails, the engine has learned to do it.
    program = _program(tmp_path, VPC)
    with stack(tmp_path, program) as (rig, _scan):
        _kill_the_first_create(rig)
        rig.run("cancel", "--yes")
        (id_,) = _vpcs()

        words = [word for text in (URN, id_) for word in ("--import-pending-creates", text)]
        refreshed = rig.run("refresh", "--yes", "--skip-preview", *words)

        assert refreshed.returncode == 0
        assert (pending(rig), _vpcs(), URN in rig.state()) == ([], [id_], False)
        assert rig.run(*DESTROY).returncode == 0
