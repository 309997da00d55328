"""A certificate is valid once its DNS records stand in a hosted zone."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from stackyard.local.aws.backend import AwsBackend
from tests.local.aws.world import World

VALIDATION = "acm/certificateValidation:CertificateValidation"


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        yield World(AwsBackend.in_process())


def test_a_missing_record_is_named(world: World) -> None:
    option = world.get("certificate")["domainValidationOptions"][0]

    with pytest.raises(ClientError, match="waits for the DNS record") as refusal:
        world.make("valid", VALIDATION, certificateArn=world.id("certificate"))

    assert option["resourceRecordName"].rstrip(".") in str(refusal.value)


def test_the_record_makes_it_valid(world: World) -> None:
    option = world.get("certificate")["domainValidationOptions"][0]
    world.make(
        "record",
        "route53/record:Record",
        zoneId=world.id("zone"),
        name=option["resourceRecordName"],
        type=option["resourceRecordType"],
        ttl=60,
        records=[option["resourceRecordValue"]],
    )

    outputs = world.make("valid", VALIDATION, certificateArn=world.id("certificate"))

    assert outputs["certificateArn"] == world.id("certificate")


def test_its_end_leaves_the_certificate(world: World) -> None:
    test_the_record_makes_it_valid(world)
    token, id_, inputs, _ = world.made["certificate"]

    world.end("valid")

    assert world.backend.read(token, id_, inputs)[1]["arn"] == id_
