"""Each kind of fault in a resource's properties is found, and says where."""

from dataclasses import replace
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.fidelity.faults import edited, having, only, said, with_inputs

CLUSTER, LOG_GROUP = "aws:rds/cluster:Cluster", "network-flow"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def test_a_value_outside_the_enum_is_found(prod: Graph) -> None:
    group = prod.named("LogGroup", LOG_GROUP)

    found = only(with_inputs(prod, group, retentionInDays=31))

    assert found.resource == "cloudwatch.LogGroup network-flow"
    assert found.place == "RetentionInDays"
    assert found.says.startswith("31 is not one of [1, 3, 5, 7, 14, 30,")


def test_an_enum_in_a_block_of_a_list_is_found(prod: Graph) -> None:
    distribution = prod.one("Distribution")

    def edit(inputs: dict[str, Any]) -> None:
        inputs["defaultCacheBehavior"]["viewerProtocolPolicy"] = "redirect"

    found = only(edited(prod, distribution, edit))

    assert found.place == "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy"


def test_an_unknown_property_is_found(prod: Graph) -> None:
    vpc = prod.one("Vpc")

    found = only(with_inputs(prod, vpc, enableDnsHostname=True))

    assert (found.place, found.says) == (
        "enableDnsHostname",
        "AWS::EC2::VPC has no such property",
    )


def test_an_unknown_property_deep_inside_is_found(prod: Graph) -> None:
    cluster = prod.one("aws:eks/cluster:Cluster")

    def edit(inputs: dict[str, Any]) -> None:
        inputs["vpcConfig"]["endpointPrivate"] = True

    assert only(edited(prod, cluster, edit)).place == "vpcConfig.endpointPrivate"


def test_a_read_only_property_is_found(prod: Graph) -> None:
    key = prod.named("Key", "database-key")

    found = only(with_inputs(prod, key, keyId="0" * 8))

    assert (found.place, found.says) == ("KeyId", "is read-only: AWS sets it")


def test_a_text_that_breaks_the_pattern_is_found(prod: Graph) -> None:
    group = prod.named("SecurityGroup", "network-app")

    found = only(with_inputs(prod, group, description="The app's nodes"))

    assert found.place == "GroupDescription"
    assert found.says.startswith('"The app\'s nodes" does not match')


@pytest.mark.parametrize(
    ("days", "says"),
    [(6, "6 is less than the minimum of 7"), (31, "31 is greater than the maximum of 30")],
)
def test_a_number_out_of_bounds_is_found(prod: Graph, days: int, says: str) -> None:
    key = prod.named("Key", "database-key")

    assert only(with_inputs(prod, key, deletionWindowInDays=days)).says == says


def test_a_name_that_is_too_long_is_found(prod: Graph) -> None:
    role = prod.named("Role", "network-flow")

    found = only(with_inputs(prod, role, name="r" * 65))

    assert (found.place, found.says[-11:]) == ("RoleName", "is too long")


def test_a_type_that_is_wrong_is_found(prod: Graph) -> None:
    vpc = prod.one("Vpc")

    found = only(with_inputs(prod, vpc, enableDnsSupport="yes"))

    assert found.says == "'yes' is not of type boolean"


def test_a_missing_property_is_found(prod: Graph) -> None:
    rule = prod.named("SecurityGroupEgressRule", "network-app-https")

    found = only(with_inputs(prod, rule, ipProtocol=None))

    assert (found.place, found.says) == ("", "'IpProtocol' is a required property")


def test_a_part_of_a_bucket_does_not_miss_what_others_give(prod: Graph) -> None:
    versioning = prod.named("BucketVersioning", "site")

    found = only(with_inputs(prod, versioning, versioningConfiguration={"status": "On"}))

    assert found.place == "VersioningConfiguration.Status"


def test_properties_that_exclude_each_other_are_found(prod: Graph) -> None:
    subnet = prod.named("Subnet", "network-app-a")

    found = only(with_inputs(prod, subnet, availabilityZoneId="use1-az1"))

    assert found.says == "AvailabilityZone and AvailabilityZoneId exclude each other"


def test_a_network_that_is_none_is_found(prod: Graph) -> None:
    subnet = prod.named("Subnet", "network-app-a")

    found = only(with_inputs(prod, subnet, cidrBlock="10.20.0.1/19"))

    assert found.says == "'10.20.0.1/19' is no ipv4-network"


def test_a_region_without_the_type_is_found(prod: Graph) -> None:
    acl = prod.one("WebAcl")

    found = only(with_inputs(prod, acl, region="us-east-9"))

    assert found.says == "region us-east-9 has no AWS::WAFv2::WebACL"


def test_a_type_that_nobody_mapped_is_found(prod: Graph) -> None:
    vpc = replace(prod.one("Vpc"), type="aws:ec2/cloud:Cloud")

    says = "no CloudFormation type: name it in tests/fidelity/mapping.py"
    assert said(with_inputs(prod, vpc)) == [("type", says)]


def test_a_dimension_without_a_value_is_found(prod: Graph) -> None:
    alarm = prod.named("MetricAlarm", "database-deadlocks")

    found = only(with_inputs(prod, alarm, dimensions={"DBClusterIdentifier": ""}))

    assert (found.place, found.says) == ("Dimensions.Value", "'' should be non-empty")


def test_an_origin_group_of_one_origin_is_found(changed_graphs: list[Graph]) -> None:
    graph, site = having(changed_graphs, DISTRIBUTION, "originGroups")

    found = only(edited(graph, site, lambda given: given["originGroups"][0]["members"].pop()))

    assert found.place == "DistributionConfig.OriginGroups.Items.Members.Items"


def test_what_only_aws_will_know_is_not_held_against_a_pattern(prod: Graph) -> None:
    cluster = prod.one(CLUSTER)

    assert "1a2b3c4" in cluster.inputs["kmsKeyId"]
    assert said(with_inputs(prod, cluster)) == []
