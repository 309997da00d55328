"""A create that fails after AWS has made the object."""

from collections.abc import Iterator
from typing import Any

import boto3
import pulumi_aws as aws
import pytest
from moto import mock_aws
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogsBackend

from stackyard.local.aws.backend import AwsBackend
from tests.engine.conftest import RigMaker
from tests.engine.rig import EngineError, Rig
from tests.reliability import Record

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def _moto() -> Iterator[None]:
    with mock_aws():
        yield


def half_made(make_rig: RigMaker) -> Rig:
    """A stack whose only log group exists without the retention that it should have."""

    def refuse(*_: Any, **__: Any) -> None:
        raise InvalidParameterException(constraint="none", parameter="retention", value="7")

    def program() -> None:
        aws.cloudwatch.LogGroup("group", retention_in_days=7)

    rig = make_rig(program, aws=AwsBackend.in_process())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LogsBackend, "put_retention_policy", refuse)
        with pytest.raises(EngineError, match=r"(?s)group: .*InvalidParameterException"):
            rig.up()
    return rig


def groups() -> list[dict[str, Any]]:
    """The log groups that AWS has."""
    logs: Any = boto3.client("logs", "us-east-1")
    return logs.describe_log_groups()["logGroups"]


@pytest.mark.fault("engine", "a create fails after AWS made the object")
def test_the_object_is_in_the_state_and_the_next_up_finishes_it(
    make_rig: RigMaker, record_property: Record
) -> None:
    rig = half_made(make_rig)
    known = rig.resources()["group"]["id"]

    again = rig.up()

    (group,) = groups()
    assert again == {"update": 1}
    assert (group["logGroupName"], group["retentionInDays"]) == (known, 7)
    assert rig.preview(refresh=True) == {}
    record_property("seen", "the state has it; the next `up` finishes it, and makes no second one")


def test_the_object_goes_with_the_stack(make_rig: RigMaker) -> None:
    rig = half_made(make_rig)

    rig.destroy()

    assert groups() == []
