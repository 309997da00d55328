"""Pulumi's names and values in AWS's shapes, and AWS's answers in Pulumi's."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from stackyard.local.aws.connection import Clients, Connection, in_process_clients
from stackyard.local.aws.names import (
    norm,
    overlay,
    plain,
    same_json,
    tag_map,
    to_aws,
    trim,
    whole,
)
from stackyard.local.aws.sdk import UNKNOWN_CLASS, describe

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def shape(service: str, method: str) -> Any:
    clients: Clients = in_process_clients()
    with mock_aws():
        return Connection(clients=clients, region="us-east-1").input_shape(service, method)


def sent(service: str, method: str, value: Any, **renames: str) -> Any:
    return to_aws(shape(service, method), value, renames, set())


@pytest.mark.parametrize(
    ("property_", "member"),
    [
        ("dbSubnetGroupName", "DBSubnetGroupName"),
        ("sseAlgorithm", "SSEAlgorithm"),
        ("clusterName", "cluster-name"),
    ],
)
def test_case_and_separators_do_not_matter(property_: str, member: str) -> None:
    assert norm(property_) == norm(member)


def test_a_rename_goes_before_the_name() -> None:
    out = sent("rds", "create_db_cluster", {"masterPassword": "x"},
               masterPassword="MasterUserPassword")  # fmt: skip

    assert out == {"MasterUserPassword": "x"}


def test_a_tag_map_becomes_pairs() -> None:
    out = sent("rds", "create_db_cluster", {"tags": {"b": "2", "a": 1}})

    assert out == {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}


def test_kms_says_tag_key() -> None:
    out = sent("kms", "create_key", {"tags": {"a": "1"}})

    assert out == {"Tags": [{"TagKey": "a", "TagValue": "1"}]}


def test_a_cloudfront_list_is_counted() -> None:
    config = {"distributionConfig": {"aliases": ["a.example.com"]}}

    out = sent("cloudfront", "create_distribution", config)

    aliases = out["DistributionConfig"]["Aliases"]
    assert aliases == {"Quantity": 1, "Items": ["a.example.com"]}


def test_an_object_stands_for_a_list_of_one() -> None:
    controls = {"ownershipControls": {"rules": {"objectOwnership": "BucketOwnerEnforced"}}}

    out = sent("s3", "put_bucket_ownership_controls", controls)

    assert out == {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("port", 3306.0, 3306), ("port", "3306", 3306), ("storageEncrypted", "true", True),
     ("engineVersion", 8.0, "8")],
)  # fmt: skip
def test_scalars_take_the_shapes_type(name: str, value: Any, expected: Any) -> None:
    (out,) = sent("rds", "create_db_cluster", {name: value}).values()

    assert (out, type(out)) == (expected, type(expected))


def test_what_no_member_takes_is_told_by_its_path() -> None:
    lost: set[str] = set()

    to_aws(shape("eks", "create_cluster"), {"resourcesVpcConfig": {"a": 1}, "b": 2}, {}, lost)

    assert lost == {"resourcesVpcConfig.a", "b"}


@given(JSON)
def test_whole_is_the_same_json(value: Any) -> None:
    assert json.loads(json.dumps(whole(value))) == json.loads(json.dumps(value))


def test_whole_numbers_lose_their_point() -> None:
    assert json.dumps(whole({"a": [1.0, 2.5]})) == '{"a": [1, 2.5]}'


@given(JSON.filter(lambda v: v is not None))
def test_an_equal_answer_shows_no_drift(value: Any) -> None:
    assert overlay(value, value, {}) == value or isinstance(value, str)


@pytest.mark.parametrize(
    ("declared", "answer", "shown"),
    [
        ({"engineVersion": "8.0"}, {"EngineVersion": "8.1"}, {"engineVersion": "8.1"}),
        ({"forgotten": 1}, {"Other": 2}, {"forgotten": 1}),
        (["b", "a"], ["a", "b"], ["b", "a"]),
        (["a"], ["a", "b"], ["a", "b"]),
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', '{"a": 1, "b": 2}'),
        (True, "false", False),
        (30, "31", 31),
        ([{"name": "x"}], [{"Name": "y"}], [{"name": "y"}]),
    ],
)
def test_drift_shows_and_forgetting_does_not(declared: Any, answer: Any, shown: Any) -> None:
    assert overlay(declared, answer, {}) == shown


def test_trim_leaves_what_was_declared() -> None:
    answer = {"a": {"b": 2, "x": 3}, "c": [{"d": 4, "y": 5}]}

    trimmed = trim({"a": {"b": 1}, "c": [{"d": 1}]}, answer)

    assert trimmed == {"a": {"b": 2}, "c": [{"d": 4}]}


def test_plain_answers_are_camel_case() -> None:
    answer = {"SubnetIds": {"Quantity": 1, "Items": ["a"]}, "Tags": [{"Key": "k", "Value": "v"}]}

    assert plain(answer) == {"subnetIds": ["a"], "tags": {"k": "v"}}


@pytest.mark.parametrize("items", [[], ["a"], [{"Key": "a"}], [{"Name": "a", "Value": "b"}]])
def test_what_is_no_tag_list_is_no_map(items: list[Any]) -> None:
    assert tag_map(items) is None


def test_texts_that_are_no_json_are_compared_as_texts() -> None:
    assert not same_json("{a", "{b")


def test_a_class_of_the_sdk_tells_inputs_and_outputs() -> None:
    cluster = describe("aws:rds/cluster:Cluster")

    assert "masterPassword" in cluster.inputs
    assert cluster.required == {"engine"}
    assert "readerEndpoint" in cluster.outputs - cluster.inputs


def test_a_class_whose_arguments_have_another_name_is_found() -> None:
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

    assert {"bucket", "rules"} <= describe(token).inputs


def test_a_type_that_the_sdk_lacks_has_nothing() -> None:
    assert describe("aws:rds/nothing:Nothing") == UNKNOWN_CLASS
