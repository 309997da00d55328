"""Settings of the network: what is taken, what is refused, what nodes without a way out need."""

from typing import Any

import pytest

from stacks.load import SettingsError, load
from tests.stacks.examples import prod_with

FILE = "Pulumi.prod.yaml"
ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/api@sha256:" + "0" * 64


def problem_of(sections: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        load(FILE, sections)
    (problem,) = str(caught.value).splitlines()
    return problem.removeprefix(f"{FILE}: ")


def isolated(**network: Any) -> dict[str, dict[str, Any]]:
    """A stack without a way to the internet, whose image is in the region's registry."""
    return {**prod_with("network", nat="none", **network), "app": {"image": ECR}}


@pytest.mark.parametrize("nat", ["instance", "single", "perZone", "regional"])
def test_every_way_out_is_taken_with_and_without_ipv6(nat: str) -> None:
    for ipv6 in (True, False):
        assert load(FILE, prod_with("network", nat=nat, ipv6=ipv6))


@pytest.mark.parametrize(
    ("section", "keys", "says"),
    [
        ("network", {"ipv6": "yes"}, "network.ipv6: 'yes' is not true or false"),
        ("network", {"interfaceEndpoints": ["s3"]}, "network.interfaceEndpoints.0: 's3' is not"),
        ("cluster", {"tunnel": 1}, "cluster.tunnel: 1 is not true or false"),
    ],
)
def test_a_mistake_is_named_with_its_path(section: str, keys: dict[str, Any], says: str) -> None:
    assert problem_of(prod_with(section, **keys)).startswith(says)


@pytest.mark.row("N3", "network.nat")
def test_n3_a_stack_with_all_endpoints_needs_no_way_to_the_internet() -> None:
    assert load(FILE, isolated())


@pytest.mark.row("N3", "network.nat")
def test_n3_without_a_way_out_what_nodes_call_needs_its_endpoint() -> None:
    assert problem_of(isolated(interfaceEndpoints=["ec2", "ecr.api", "eks-auth"])) == (
        "network.nat: none leaves nodes no way to ecr.dkr, elasticloadbalancing, logs,"
        " secretsmanager, sts; add them to network.interfaceEndpoints, or take single"
    )


def test_without_a_way_out_a_session_needs_its_endpoints() -> None:
    given = isolated()
    given["cluster"]["tunnel"] = True

    problem = problem_of(given)
    assert problem.startswith("network.nat: none leaves nodes no way to ssm, ssmmessages; add")


def test_without_a_way_out_images_come_from_the_regions_own_registry() -> None:
    assert problem_of(prod_with("network", nat="none")) == (
        "app.image: registry.example.com is not reached with network.nat none; push the image to"
        " <account>.dkr.ecr.us-east-1.amazonaws.com"
    )


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("cluster", "compute", "karpenter"), ("app", "recommendMemory", True)],
)
def test_without_a_way_out_nothing_is_run_from_a_public_registry(
    section: str, key: str, value: object
) -> None:
    given = isolated(
        interfaceEndpoints=[
            *("ec2", "ecr.api", "ecr.dkr", "eks-auth", "elasticloadbalancing"),
            *("logs", "secretsmanager", "sts"),
        ]
    )
    given[section][key] = value

    problem = problem_of(given)
    assert problem.startswith(f"{section}.{key}: ")
    assert "a public registry, which is not reached with network.nat none" in problem


def test_auto_modes_nodes_take_no_sessions() -> None:
    given = prod_with("cluster", tunnel=True, compute="auto")

    assert problem_of(given) == (
        "cluster.tunnel: true needs nodes that take sessions, which Auto Mode's do not; set it to"
        " false, or take cluster.compute nodes"
    )


def test_without_a_way_out_a_region_has_a_registry_that_is_known() -> None:
    given = isolated()
    given["env"]["region"] = "sa-west-1"

    problem = problem_of(given)
    assert problem.startswith("network.nat: none needs EKS's registry in sa-west-1, which is")
