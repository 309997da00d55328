"""Readers that Aurora added go before the cluster does; the stack's own are the engine's."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from stackyard.errors import StackyardError
from stackyard.ops.lookup_aws import Aws
from stackyard.ops.readers import DIMENSION, TARGET, end_scaling

REGION, CLUSTER = "eu-west-1", "database-1a2b3c4d"
OWN, ADDED = "database-reader-a-1a2b3c4", "application-autoscaling-5e6f"
STATE = {
    "resources": [
        {
            "type": TARGET,
            "inputs": {"scalableDimension": DIMENSION, "resourceId": f"cluster:{CLUSTER}"},
            "outputs": {"region": REGION},
        }
    ]
}


def client(service: Any) -> Any:
    return boto3.client(service, region_name=REGION)


def reach(region: str) -> Aws:
    return Aws({"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}, region)


@pytest.fixture(autouse=True)
def _database() -> Iterator[None]:
    """A cluster with a reader of its own and one that was added under load."""
    with patch.dict("os.environ", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b"), mock_aws():
        rds = client("rds")
        rds.create_db_cluster(
            DBClusterIdentifier=CLUSTER,
            Engine="aurora-mysql",
            MasterUsername="dbowner",
            MasterUserPassword="of-the-test",
        )
        for name in (OWN, ADDED):
            rds.create_db_instance(
                DBInstanceIdentifier=name,
                DBClusterIdentifier=CLUSTER,
                DBInstanceClass="db.r8g.large",
                Engine="aurora-mysql",
            )
        client("application-autoscaling").register_scalable_target(
            ServiceNamespace="rds",
            ResourceId=f"cluster:{CLUSTER}",
            ScalableDimension=DIMENSION,
            MinCapacity=1,
            MaxCapacity=5,
        )
        yield


def instances() -> list[str]:
    found = client("rds").describe_db_instances()["DBInstances"]
    return [each["DBInstanceIdentifier"] for each in found]


@pytest.mark.ask(2)
def test_what_aurora_added_goes_and_the_stacks_own_readers_stay() -> None:
    gone = end_scaling(STATE, reach)

    assert (gone, instances()) == ([ADDED], [OWN])


@pytest.mark.ask(2)
def test_nothing_is_added_any_more_once_readers_are_taken_away() -> None:
    end_scaling(STATE, reach)

    targets = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="rds")
    assert targets["ScalableTargets"] == []


@pytest.mark.ask(2)
def test_a_second_destroy_finds_nothing_to_do() -> None:
    end_scaling(STATE, reach)

    assert end_scaling(STATE, reach) == []


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"resources": [{"type": "aws:rds/cluster:Cluster", "inputs": {}}]},
        {"resources": [{"type": TARGET, "inputs": {"scalableDimension": "ecs:service:Count"}}]},
    ],
)
@pytest.mark.ask(2)
def test_without_scaled_readers_aws_is_not_asked(state: dict[str, Any]) -> None:
    def nobody(region: str) -> Aws:
        raise AssertionError(region)

    assert end_scaling(state, nobody) == []


class Refusing(Aws):
    def call(self, service: str, method: str, **arguments: Any) -> Any:
        text = f"{service} takes no {len(arguments)} arguments"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": text}}, method)


class Slow(Aws):
    def call(self, service: str, method: str, **arguments: Any) -> Any:
        if method == "delete_db_instance":
            return {}
        return super().call(service, method, **arguments)


@pytest.mark.ask(2)
def test_a_refusal_of_aws_is_told_with_the_way_on() -> None:
    with pytest.raises(StackyardError, match=r"database-1a2b3c4d could not be deleted: .*Denied"):
        end_scaling(STATE, lambda region: Refusing({}, region))


@pytest.mark.ask(2)
def test_a_reader_that_stays_ends_the_command_with_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[float] = []
    monkeypatch.setattr("stackyard.ops.readers.WAIT_SECONDS", 45.0)

    with pytest.raises(StackyardError, match=f"{ADDED}: still there after 45 s"):
        end_scaling(STATE, lambda region: Slow({}, region), sleep=looks.append)

    assert sum(looks) == 45
