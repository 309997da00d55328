"""A parameter of Systems Manager: its value, changed here or by others."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from tests.local.aws.world import World

NAME, REGION = "/app/release", "us-east-1"


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        world = World(AwsBackend.in_process())
        world.make("it", "ssm/parameter:Parameter", name=NAME, type="String", value="{}")
        yield world


def value() -> str:
    """As AWS has it."""
    answer = boto3.client("ssm", REGION).get_parameter(Name=NAME)
    return answer["Parameter"]["Value"]  # pyright: ignore[reportTypedDictNotRequiredAccess]  # moto gives it


def write(text: str) -> None:
    """What another program does."""
    boto3.client("ssm", REGION).put_parameter(Name=NAME, Value=text, Overwrite=True)


def update(world: World, **changed: str) -> None:
    token, id_, inputs, _ = world.made["it"]
    world.backend.update(token, id_, inputs, {**inputs, **changed}, timeout=0)


def test_a_value_that_somebody_else_wrote_is_drift(world: World) -> None:
    token, id_, inputs, _ = world.made["it"]
    write("theirs")

    read, outputs = world.backend.read(token, id_, inputs)

    assert (read["value"], outputs["value"], outputs["version"]) == ("theirs", "theirs", 2)


def test_a_new_value_takes_the_old_ones_place(world: World) -> None:
    update(world, value="ours")

    assert value() == "ours"


def test_a_change_of_anything_else_writes_the_value_again(world: World) -> None:
    write("theirs")

    update(world, description="The ledger")

    # As AWS wants it: its one call to change a parameter has no way to leave the value out.
    assert value() == "{}"


def test_a_secret_value_is_read_in_the_clear(world: World) -> None:
    secret = world.make(
        "secret", "ssm/parameter:Parameter", name="/app/key", type="SecureString", value="k"
    )

    assert secret["value"] == "k"


def test_the_providers_tags_are_on_it(world: World) -> None:
    tagged = World(world.backend.configured({"defaultTags": {"tags": {"owner": "platform"}}}))

    tagged.make("it", "ssm/parameter:Parameter", name="/app/tagged", type="String", value="{}")

    told = boto3.client("ssm", REGION).list_tags_for_resource(
        ResourceType="Parameter", ResourceId="/app/tagged"
    )
    assert told["TagList"] == [{"Key": "owner", "Value": "platform"}]


def test_another_name_is_another_parameter(world: World) -> None:
    token, _, inputs, _ = world.made["it"]

    replaced = world.backend.replaces(token, inputs, {**inputs, "name": "/app/other"})

    assert replaced == {"name"}
