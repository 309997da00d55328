"""What a program may ask before its first resource."""

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws

from stackyard.errors import StackyardError
from stackyard.local.aws.backend import AwsBackend

CLOUDFRONT_LIST = "com.amazonaws.global.cloudfront.origin-facing"


@pytest.fixture
def backend() -> Iterator[AwsBackend]:
    with mock_aws():
        yield AwsBackend.in_process().configured({"region": "eu-central-1"})


def test_the_account_is_the_callers(backend: AwsBackend) -> None:
    told = backend.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})

    assert told["accountId"] == "123456789012"


def test_the_region_is_the_providers(backend: AwsBackend) -> None:
    assert backend.invoke("aws:index/getRegion:getRegion", {})["region"] == "eu-central-1"


def test_the_partition_is_aws(backend: AwsBackend) -> None:
    assert backend.invoke("aws:index/getPartition:getPartition", {})["partition"] == "aws"


def test_the_zones_are_the_regions(backend: AwsBackend) -> None:
    zones = backend.invoke(
        "aws:index/getAvailabilityZones:getAvailabilityZones", {"state": "available"}
    )

    assert zones["names"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]


@pytest.mark.parametrize(
    ("token", "args"),
    [
        ("aws:ec2/getManagedPrefixList:getManagedPrefixList", {"name": CLOUDFRONT_LIST}),
        ("aws:ec2/getManagedPrefixList:getManagedPrefixList",
         {"filters": [{"name": "prefix-list-name", "values": [CLOUDFRONT_LIST]}]}),
        ("aws:ec2/getPrefixList:getPrefixList", {"name": CLOUDFRONT_LIST}),
    ],
)  # fmt: skip
def test_cloudfronts_prefix_list_is_found(
    backend: AwsBackend, token: str, args: dict[str, object]
) -> None:
    told = backend.invoke(token, args)

    assert told["name"] == CLOUDFRONT_LIST
    assert told["id"].startswith("pl-")


def test_a_prefix_list_that_is_not_there_is_named(backend: AwsBackend) -> None:
    with pytest.raises(StackyardError, match=r"no managed prefix list matches .*nothing"):
        backend.invoke("aws:ec2/getManagedPrefixList:getManagedPrefixList", {"name": "nothing"})


def test_the_account_that_writes_balancer_logs_is_the_regions(backend: AwsBackend) -> None:
    told = backend.invoke("aws:elb/getServiceAccount:getServiceAccount", {})

    assert told["arn"] == "arn:aws:iam::054676820928:root"


def test_a_policy_document_is_iams_json(backend: AwsBackend) -> None:
    statement = {
        "actions": ["s3:GetObject"],
        "resources": ["*"],
        "principals": [{"type": "Service", "identifiers": ["cloudfront.amazonaws.com"]}],
        "conditions": [{"test": "StringEquals", "variable": "AWS:SourceArn", "values": ["arn:x"]}],
    }

    told = backend.invoke(
        "aws:iam/getPolicyDocument:getPolicyDocument", {"statements": [statement]}
    )

    assert json.loads(told["json"])["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "*",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Condition": {"StringEquals": {"AWS:SourceArn": "arn:x"}},
        }
    ]


def test_an_unknown_function_is_named_with_those_there_are(backend: AwsBackend) -> None:
    with pytest.raises(StackyardError, match="has no function aws:ec2/getAmi:getAmi; it has"):
        backend.invoke("aws:ec2/getAmi:getAmi", {})
