"""The address plan of a VPC: a pure function of the block and a zone's index."""

from ipaddress import IPv4Network, IPv6Network
from typing import Literal, NamedTuple

Tier = Literal["public", "app", "data"]
ZONE_SLOTS = 4
"""Places kept for zones, so that a new zone moves no existing subnet."""


class ZoneBlocks(NamedTuple):
    """The three subnets of one zone, as CIDR strings of IPv4 or of IPv6."""

    public: str
    app: str
    data: str


def check_network(cidr: str) -> IPv4Network:
    """Parse a network in any notation; raises `ValueError` with host bits set or a wrong form."""
    try:
        return IPv4Network(cidr)
    except ValueError as problem:
        raise ValueError(f"{cidr!r} is no IPv4 network: {problem}") from problem


def check_notation(cidr: str) -> IPv4Network:
    """Parse a network as AWS writes it; raises `ValueError` without the mask's length too."""
    network = check_network(cidr)
    if str(network) != cidr:
        raise ValueError(f"{cidr!r} is not written with its mask's length; write {network}")
    return network


def zone_blocks(cidr: str, index: int) -> ZoneBlocks:
    """Cut one zone's subnets from a VPC's block; index 0 to 3.

    A quarter of the block goes to each zone: half of it to the app tier (pods take an address
    each), a quarter to data, an eighth to public; an eighth stays free.
    Raises `ValueError` for an index without a slot.
    """
    _check_slot(index)
    quarter = list(IPv4Network(cidr).subnets(prefixlen_diff=2))[index]
    app, rest = quarter.subnets(prefixlen_diff=1)
    data, last = rest.subnets(prefixlen_diff=1)
    public, _ = last.subnets(prefixlen_diff=1)
    return ZoneBlocks(public=str(public), app=str(app), data=str(data))


def zone_blocks_v6(block: str, index: int) -> ZoneBlocks:
    """Number one zone's subnets in the /56 that AWS gives a VPC, a /64 each; index 0 to 3."""
    _check_slot(index)
    first = index * len(ZoneBlocks._fields)
    subnets = list(IPv6Network(block).subnets(new_prefix=64))[first : first + 3]
    return ZoneBlocks(*map(str, subnets))


def _check_slot(index: int) -> None:
    if not 0 <= index < ZONE_SLOTS:
        raise ValueError(f"zone index {index}: the plan holds {ZONE_SLOTS} zones, 0 to 3")
