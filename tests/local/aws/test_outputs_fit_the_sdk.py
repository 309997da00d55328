"""What the table answers passes through the SDK's own reading of its annotations."""

import importlib
from collections.abc import Iterator

import pulumi
import pytest
from moto import mock_aws
from pulumi import _types
from pulumi.runtime import rpc

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.properties import SIGNATURE
from tests.local.aws.example import Example
from tests.local.aws.examples import EXAMPLES, ids
from tests.local.aws.world import World

SCALARS = {str: str, bool: bool, int: int, float: (int, float)}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with mock_aws():
        yield World(AwsBackend.in_process())


def sdk_class(token: str) -> type[pulumi.CustomResource]:
    _, module, name = token.split(":")
    return getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_outputs_are_of_the_declared_types(world: World, example: Example) -> None:
    outputs = world.make("it", example.type_.removeprefix("aws:"), **example.inputs(world))
    types = _types.resource_types(sdk_class(example.type_))

    wrong: dict[str, str] = {}
    for name, value in outputs.items():
        if isinstance(value, dict) and SIGNATURE in value:
            continue  # an asset: the SDK has made it one before it reads annotations
        expected = _types.unwrap_optional_type(types.get(name, str))
        if expected in SCALARS and not isinstance(value, SCALARS[expected]):
            wrong[name] = f"{value!r} is no {expected.__name__}"
        try:
            rpc.translate_output_properties(value, lambda key: key, types.get(name))
        except (AssertionError, TypeError, ValueError, AttributeError) as error:
            wrong[name] = f"{value!r}: {error}"

    world.end("it")
    assert wrong == {}
