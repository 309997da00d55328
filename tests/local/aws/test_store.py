"""What moto lacks lives in the store: the same life cycle, seen by reconcilers."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.store import BUCKET, REGION, Store
from stackyard.local.wire import NotFoundError
from tests.local.aws.world import World

ALARM = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
USER = "aws:elasticache/user:User"


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World(AwsBackend.in_process())


def store(world: World) -> Store:
    return Store.of(world.backend.cloud.aws)


def test_an_empty_store_lists_nothing(world: World) -> None:
    assert store(world).list(USER) == []


def test_a_reconciler_sees_the_properties_with_their_id(world: World) -> None:
    world.get("cache_user")

    (user,) = store(world).list(USER)

    assert (user["id"], user["accessString"]) == ("app", "on ~* +@all")


def test_the_store_lies_in_a_region_of_its_own(world: World) -> None:
    world.get("cache_user")

    keys = world.backend.cloud.aws.at(REGION).every(
        "s3", "list_objects_v2", "Contents[].Key", Bucket=BUCKET
    )

    assert keys == [f"{USER}/app"]


def test_what_moto_forgets_is_kept_beside_it(world: World) -> None:
    world.get("cache")

    (kept,) = store(world).list("aws:elasticache/replicationGroup:ReplicationGroup")

    assert kept["userGroupIds"] == ["users"]


def test_what_is_kept_goes_with_its_object(world: World) -> None:
    world.get("cache")

    world.end("cache")

    assert store(world).list("aws:elasticache/replicationGroup:ReplicationGroup") == []


def test_a_change_in_the_store_is_drift(world: World) -> None:
    world.get("cache_user")
    token, id_, inputs, _ = world.made["cache_user"]
    store(world).put(token, id_, {**inputs, "accessString": "off"})

    read, _ = world.backend.read(token, id_, inputs)

    assert read["accessString"] == "off"


def test_a_type_that_nobody_knows_has_the_same_life(world: World) -> None:
    inputs = {"alarmName": "all", "alarmRule": "ALARM(x)"}
    id_, outputs = world.backend.create(ALARM, "all", inputs, timeout=0)
    world.backend.update(ALARM, id_, inputs, {**inputs, "alarmRule": "ALARM(y)"}, timeout=0)
    read, _ = world.backend.read(ALARM, id_, inputs)
    world.backend.delete(ALARM, id_, inputs, timeout=0)

    assert outputs["arn"].startswith("arn:aws:cloudwatch:us-east-1:123456789012:compositealarm/")
    assert read["alarmRule"] == "ALARM(y)"
    with pytest.raises(NotFoundError, match="not in the store"):
        world.backend.read(ALARM, id_, inputs)


def test_the_same_name_twice_is_refused(world: World) -> None:
    world.get("cache_user")
    token, _, inputs, _ = world.made["cache_user"]

    with pytest.raises(ClientError, match="app already exists"):
        world.backend.create(token, "again", inputs, timeout=0)


def test_an_addon_needs_its_cluster(world: World) -> None:
    with pytest.raises(ClientError, match="No cluster found"):
        world.make("addon", "eks/addon:Addon", clusterName="none", addonName="vpc-cni")


def test_what_lives_in_a_cluster_ends_with_it(world: World) -> None:
    cluster = world.id("cluster")
    world.make("addon", "eks/addon:Addon", clusterName=cluster, addonName="vpc-cni")

    world.end("cluster")

    assert store(world).list("aws:eks/addon:Addon") == []


def test_a_short_password_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="between 16-128"):
        world.make(
            "user", "elasticache/user:User", userId="u", userName="u", engine="valkey",
            accessString="on", passwords=["short"],
        )  # fmt: skip


def test_ids_may_hold_slashes_and_colons(world: World) -> None:
    here = store(world)

    here.put("aws:a/b:B", "x:arn:aws:iam::1:role/y", {"p": 1})

    assert here.list("aws:a/b:B") == [{"p": 1, "id": "x:arn:aws:iam::1:role/y"}]
