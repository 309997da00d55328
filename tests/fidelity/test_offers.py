"""Versions, classes and zones that AWS does not offer are found."""

from datetime import date
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.fidelity import offers
from tests.fidelity.faults import having, only, said, with_inputs


def nothing(_text: str) -> set[str]:
    return set()


def test_an_engine_version_that_aws_never_had_is_found(prod: Graph) -> None:
    cluster = prod.one("aws:rds/cluster:Cluster")

    found = only(with_inputs(prod, cluster, engineVersion="8.0.mysql_aurora.3.99.0"))

    assert found.place == "EngineVersion"
    assert found.says.endswith("(rule engine_version)")


def test_an_engine_version_that_aws_took_back_is_found(prod: Graph) -> None:
    cluster = prod.one("aws:rds/cluster:Cluster")

    found = only(with_inputs(prod, cluster, engineVersion="8.0.mysql_aurora.3.01.0"))

    assert (
        found.says == "may not be given with what stands beside it (rule engine_version_deprecated)"
    )


@pytest.mark.parametrize(
    ("restored", "given"),
    [("snapshotIdentifier", "masterUsername"), ("restoreToPointInTime", "storageEncrypted")],
)
def test_what_a_backup_brings_is_not_given(
    changed_graphs: list[Graph], restored: str, given: str
) -> None:
    graph, cluster = having(changed_graphs, "aws:rds/cluster:Cluster", restored)

    found = only(with_inputs(graph, cluster, **{given: "true"}))

    assert found.says.startswith("may not be given with what stands beside it")


def test_a_class_that_the_engine_does_not_run_on_is_found(prod: Graph) -> None:
    writer = prod.named("ClusterInstance", "database-writer")

    found = said(with_inputs(prod, writer, instanceClass="db.m8g.large"))

    assert {place for place, _ in found} == {"DBInstanceClass"}


@pytest.mark.parametrize(
    ("type_", "change", "place"),
    [
        ("ReplicationGroup", {"nodeType": "cache.r9g.large"}, "CacheNodeType"),
        ("ReplicationGroup", {"engineVersion": "8.9"}, "EngineVersion"),
        ("ReplicationGroup", {"transitEncryptionMode": "on"}, "TransitEncryptionMode"),
        ("aws:eks/nodeGroup:NodeGroup", {"instanceTypes": ["m8g.tiny"]}, "InstanceTypes"),
    ],
)
def test_what_a_region_does_not_offer_is_found(
    prod: Graph, type_: str, change: dict[str, Any], place: str
) -> None:
    assert only(with_inputs(prod, prod.one(type_), **change)).place == place


def test_a_zone_that_the_region_lacks_is_found(prod: Graph) -> None:
    subnet = prod.named("Subnet", "network-app-a")

    found = only(with_inputs(prod, subnet, availabilityZone="us-east-1g"))

    assert found.place == "AvailabilityZone"
    assert found.says.startswith("'us-east-1g' is no zone of us-east-1: us-east-1a, us-east-1b")


def test_a_certificate_without_a_way_to_validate_it_is_found(prod: Graph) -> None:
    certificate = prod.named("aws:acm/certificate:Certificate", "site-tls")

    assert only(with_inputs(prod, certificate, validationMethod="TXT")).place == "ValidationMethod"


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("AWS::Lambda::Function", {"Runtime": "python2.8"}),
        ("AWS::Lambda::Function", {"Runtime": "python3.6"}),
        ("AWS::CloudFront::Function", {"FunctionConfig": {"Runtime": "cloudfront-js-3.0"}}),
    ],
)
def test_a_runtime_that_is_not_offered_is_found(type_: str, body: dict[str, Any]) -> None:
    found = offers.faults(body, type_, "us-east-1", nothing)

    assert [place for place, _ in found] == [".".join(_path(body))]


def _path(body: dict[str, Any]) -> list[str]:
    ((name, inner),) = body.items()
    return [name, *_path(inner)] if isinstance(inner, dict) else [name]


def test_a_runtime_is_blocked_from_its_day_on() -> None:
    assert not offers.blocked("python3.6", date(2022, 7, 17))
    assert offers.blocked("python3.6", date(2022, 7, 18))
