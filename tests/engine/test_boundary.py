"""The boundary of roles, which a transform of the real engine puts on."""

from collections.abc import Iterator
from pathlib import Path

import pulumi_aws as aws
import pytest

from infra.boundary import bound_roles
from stacks.iam import trusts
from stackyard.local.aws.backend import AwsBackend
from tests.engine.moto_backends import moto
from tests.engine.rig import Rig

pytestmark = pytest.mark.engine

ONE, OTHER = (f"arn:aws:iam::aws:policy/{name}" for name in ("ReadOnlyAccess", "PowerUserAccess"))


def stack(boundary: str | None) -> None:
    if boundary is not None:
        bound_roles(boundary)
    role = aws.iam.Role("nodes", assume_role_policy=trusts("ec2"))
    aws.iam.InstanceProfile("nodes", role=role.name)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with moto(lambda _: None):
        rig = Rig(tmp_path, lambda: stack(None), {"aws": AwsBackend.in_process()})
        yield rig
        rig.close()


def bounded(rig: Rig, boundary: str | None) -> dict[str, int]:
    rig.program = lambda: stack(boundary)
    return rig.up()


def test_a_boundary_comes_changes_and_goes_without_a_new_role(rig: Rig) -> None:
    bounded(rig, None)

    assert bounded(rig, ONE) == {"update": 1}
    assert bounded(rig, ONE) == {}
    assert bounded(rig, OTHER) == {"update": 1}
    assert rig.preview(refresh=True) == {}
    assert bounded(rig, None) == {"update": 1}
