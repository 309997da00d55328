"""A database under another logical name: the same one with an alias, a loss without."""

from collections.abc import Callable, Iterator

import pulumi
import pulumi_aws as aws
import pytest
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from stackyard.ops.guard import Loss, losses
from stackyard.ops.preview import PreviewStep
from tests.engine.conftest import RigMaker
from tests.engine.rig import Program, Rig

RecordProperty = Callable[[str, object], None]

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


class Part(pulumi.ComponentResource):
    """A database below a component, named after it as the program's parts do."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stackyard:index:Part", name, opts=opts)
        aws.rds.Cluster(
            f"{name}-cluster",
            cluster_identifier="orders",
            engine="aurora-mysql",
            manage_master_user_password=True,
            master_username="root",
            skip_final_snapshot=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def part(name: str, *, formerly: str | None = None) -> Program:
    aliases = [pulumi.Alias(name=formerly)] if formerly else []
    return lambda: Part(name, pulumi.ResourceOptions(aliases=aliases)) and None


def lost(rig: Rig) -> list[Loss]:
    """What the guard would say of the program's next update."""
    return losses(
        PreviewStep(
            operation=step.op.value,
            urn=step.urn,
            old={"type": step.type} if step.old else {},
            new={"type": step.type},
        )
        for step in rig.planned()
    )


def test_a_renamed_component_with_an_alias_keeps_its_database(make_rig: RigMaker) -> None:
    rig = make_rig(part("database"), aws=AwsBackend.in_process())
    rig.up()
    rig.program = part("orders", formerly="database")

    assert rig.planned() == []

    assert rig.up() == {}


@pytest.mark.fault("guard", "a component renamed without an alias")
def test_without_an_alias_the_guard_stops_the_rename_and_names_both_databases(
    make_rig: RigMaker, record_property: RecordProperty
) -> None:
    rig = make_rig(part("database"), aws=AwsBackend.in_process())
    rig.up()
    rig.program = part("orders")

    (loss,) = lost(rig)

    assert loss.operation == "delete"
    assert loss.urn.endswith("::database-cluster")
    assert [urn.rpartition("::")[2] for urn in loss.made_instead] == ["orders-cluster"]
    record_property("seen", "the preview deletes one and creates the other; the guard refuses it")
