"""The address plan: no overlap, no move."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.cidr import check_network, zone_blocks, zone_blocks_v6

vpc_blocks = st.builds(
    lambda second, prefix: str(IPv4Network(f"10.{second}.0.0/{prefix}")),
    st.integers(0, 255),
    st.integers(16, 20),
)


@given(vpc_blocks)
def test_no_two_subnets_of_a_plan_overlap(cidr: str) -> None:
    blocks = [IPv4Network(block) for index in range(4) for block in zone_blocks(cidr, index)]

    assert not [pair for pair in combinations(blocks, 2) if pair[0].overlaps(pair[1])]


@given(vpc_blocks)
def test_every_subnet_lies_in_the_vpc(cidr: str) -> None:
    blocks = [IPv4Network(block) for index in range(4) for block in zone_blocks(cidr, index)]

    assert all(block.subnet_of(IPv4Network(cidr)) for block in blocks)


@given(vpc_blocks)
def test_the_smallest_subnet_is_one_that_aws_takes(cidr: str) -> None:
    smallest = max(IPv4Network(block).prefixlen for block in zone_blocks(cidr, 0))

    assert smallest <= 28


def test_a_sixteen_gives_each_zone_the_blocks_the_docs_show() -> None:
    blocks = zone_blocks("10.20.0.0/16", 1)

    assert blocks == ("10.20.112.0/21", "10.20.64.0/19", "10.20.96.0/20")


def test_a_fifth_zone_has_no_slot() -> None:
    with pytest.raises(ValueError, match="zone index 4: the plan holds 4 zones"):
        zone_blocks("10.20.0.0/16", 4)


def test_host_bits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'10\.0\.0\.1/16' is no IPv4 network: .*host bits"):
        check_network("10.0.0.1/16")


def test_the_third_zone_has_its_own_networks_of_an_ipv6_block() -> None:
    assert zone_blocks_v6("2600:1f18:12ab:3400::/56", 2) == (
        "2600:1f18:12ab:3406::/64",
        "2600:1f18:12ab:3407::/64",
        "2600:1f18:12ab:3408::/64",
    )


def test_a_fifth_zone_has_no_slot_in_an_ipv6_block_either() -> None:
    with pytest.raises(ValueError, match="zone index 4: the plan holds 4 zones"):
        zone_blocks_v6("2600:1f18:12ab:3400::/56", 4)
