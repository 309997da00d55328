"""Each row lives once in moto: made, read without drift, changed in place, deleted, gone."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.kept import KINDS
from stackyard.local.aws.table import ROWS, TABLE
from stackyard.local.wire import JsonObject, NotFoundError
from tests.local.aws.example import Example
from tests.local.aws.examples import EXAMPLES, ids
from tests.local.aws.world import World

DEFAULT_TAGS = {"owner": "platform"}
STAYING = {
    # End with their parent only; S3 can suspend versioning, not end it.
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:rds/proxyDefaultTargetGroup:ProxyDefaultTargetGroup",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:secretsmanager/secretVersion:SecretVersion",
}
ENDING = [e for e in EXAMPLES if e.type_ not in STAYING]
EVERY = pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))


@pytest.fixture(scope="module")
def everything() -> Iterator[World]:
    with mock_aws():
        backend = AwsBackend.in_process()
        yield World(backend.configured({"defaultTags": {"tags": DEFAULT_TAGS}}))


@pytest.fixture
def world(everything: World) -> Iterator[World]:
    yield everything
    for name in ("it", "other"):
        if name in everything.made:
            everything.end(name)


def made(world: World, example: Example) -> tuple[str, JsonObject, JsonObject]:
    outputs = world.make("it", example.type_.removeprefix("aws:"), **example.inputs(world))
    _, id_, inputs, _ = world.made["it"]
    return id_, inputs, outputs


def changed(world: World, example: Example, inputs: JsonObject) -> JsonObject:
    change = example.change(world) if callable(example.change) else example.change
    return {**inputs, **(change or {})}


@EVERY
def test_a_new_object_shows_no_drift(world: World, example: Example) -> None:
    id_, inputs, _ = made(world, example)

    read, _ = world.backend.read(example.type_, id_, inputs)

    assert read == inputs


@EVERY
def test_a_new_object_has_what_programs_read(world: World, example: Example) -> None:
    _, _, outputs = made(world, example)

    missing = [name for name in example.outputs if outputs.get(name) in (None, "")]

    assert missing == []


@EVERY
def test_a_change_is_read_back(world: World, example: Example) -> None:
    id_, inputs, _ = made(world, example)
    news = changed(world, example, inputs)

    world.backend.update(example.type_, id_, inputs, news, timeout=0)

    read, _ = world.backend.read(example.type_, id_, news)
    assert read == news


@EVERY
def test_a_change_of_these_inputs_does_not_replace(world: World, example: Example) -> None:
    _, inputs, _ = made(world, example)

    replaced = world.backend.replaces(example.type_, inputs, changed(world, example, inputs))

    assert replaced == set()


@pytest.mark.parametrize("example", ENDING, ids=ids(ENDING))
def test_a_deleted_object_is_gone(world: World, example: Example) -> None:
    id_, inputs, _ = made(world, example)

    world.backend.delete(example.type_, id_, inputs, timeout=0)

    with pytest.raises(NotFoundError, match=r"not exist|not in the store|went with"):
        world.backend.read(example.type_, id_, inputs)


@EVERY
def test_a_second_delete_is_no_error(world: World, example: Example) -> None:
    id_, inputs, _ = made(world, example)
    world.backend.delete(example.type_, id_, inputs, timeout=0)

    world.backend.delete(example.type_, id_, inputs, timeout=0)


def test_every_row_has_an_example() -> None:
    # A validation has no object of its own; it is tried with its certificate's records.
    without = {"aws:acm/certificateValidation:CertificateValidation"}

    assert {e.type_ for e in EXAMPLES} == (TABLE.keys() | KINDS.keys()) - without


def test_every_type_has_one_row() -> None:
    assert len(ROWS) == len(TABLE)
