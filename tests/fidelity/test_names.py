"""The rule of names, over every property that the types of the stacks have."""

import hypothesis
import pytest
from hypothesis import strategies as st

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import is_custom
from stackyard.local.aws import cloudformation
from stackyard.local.aws.cloudformation import short
from stackyard.local.aws.names import norm
from tests.fidelity.exceptions import EXCEPTIONS
from tests.fidelity.mapping import target
from tests.fidelity.names import camel, match, plural, singular
from tests.fidelity.translate import document_of, properties

TYPES = (
    "AWS::CloudFront::Distribution",
    "AWS::EC2::LaunchTemplate",
    "AWS::EC2::Subnet",
    "AWS::EKS::Cluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::Role",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
    "AWS::WAFv2::WebACL",
)


def objects(type_: str) -> list[list[str]]:
    """The names of each object in a type's schema."""
    root = cloudformation.schema(type_)
    return [
        list(names)
        for node in (root, *root.get("definitions", {}).values())
        if (names := properties(node, root))
    ]


@pytest.mark.parametrize("type_", TYPES)
def test_every_name_is_found_again_from_the_one_that_pulumi_writes(type_: str) -> None:
    lost = [
        name
        for names in objects(type_)
        for name in names
        # Two names that differ in case alone are one to the rule.
        if [norm(one) for one in names].count(norm(name)) == 1
        and match(camel(name), names, lists=names) != name
    ]

    assert lost == []


@hypothesis.given(st.from_regex(r"[A-Z]{1,4}[a-z]{1,6}([A-Z][a-z]{1,6}){0,3}", fullmatch=True))
def test_a_name_survives_the_way_to_pulumi_and_back(name: str) -> None:
    assert match(camel(name), [name]) == name


@hypothesis.given(st.from_regex(r"[a-z]{2,8}[a-rt-z]", fullmatch=True))
def test_a_plural_has_its_singular(name: str) -> None:
    assert singular(plural(name)) == name


@pytest.mark.parametrize(
    ("name", "pulumi"),
    [
        ("DBSubnetGroupName", "dbSubnetGroupName"),
        ("KmsKeyId", "kmsKeyId"),
        ("IPV6Enabled", "ipv6Enabled"),
        ("TTL", "ttl"),
    ],
)
def test_pulumi_writes_a_name_in_camel_case(name: str, pulumi: str) -> None:
    assert camel(name) == pulumi


def test_a_list_may_be_plural_on_one_side_only() -> None:
    assert match("rule", ["Rules"], lists=["Rules"]) == "Rules"
    assert match("auths", ["Auth"], lists=["Auth"]) == "Auth"
    assert match("enableDnsHostname", ["EnableDnsHostnames"]) is None


def test_a_name_may_carry_what_it_belongs_to() -> None:
    assert match("originId", ["Id", "DomainName"], owner="Origins") == "Id"
    assert match("customHeaders", ["OriginCustomHeaders"], owner="Origins") == "OriginCustomHeaders"
    assert match("nodeType", ["CacheNodeType"], service="ElastiCache") == "CacheNodeType"
    assert match("description", ["GroupDescription"], owner="SecurityGroup") == "GroupDescription"


def test_nothing_else_is_found() -> None:
    assert match("vpc", ["VpcId"], owner="Subnet") is None
    assert match("name", ["HostName"], owner="SecurityGroup") is None


def test_no_exception_says_what_the_rule_says_anyway(graphs: dict[str, Graph]) -> None:
    needless: set[tuple[str, str]] = set()
    for reg in graphs["prod"].values():
        place = target(reg.type) if is_custom(reg) and reg.type.startswith("aws:") else None
        named = EXCEPTIONS.get(short(reg.type), {}) if place else {}
        if place is None or not named:
            continue
        whole = document_of(reg, place).body
        for path in [path for path, where in named.items() if isinstance(where, str)]:
            kept = named.pop(path)
            document = document_of(reg, place)
            named[path] = kept
            if path in document.checked and document.body == whole:
                needless.add((short(reg.type), path))

    assert needless == set()
