"""Who is asking: the address that the last trusted proxy saw, in one spelling."""

import ipaddress
import re

_IPV4 = re.compile(rb"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}")
_LONGEST_ADDRESS = 45
"""Characters of an IPv6 address with an IPv4 tail."""


def client_of(forwarded: bytes | None, peer: str, hops: int) -> bytes:
    """The client's address; an IPv6 client's network, since it owns all of a /64.

    `hops` is how many proxies are trusted: each has added one address at the right, whatever the
    client wrote at the left. What is no address falls back to the peer's.
    """
    if forwarded and hops:
        entries = forwarded.rsplit(b",", hops)
        # With fewer entries than proxies the request came by a shorter way, all of it trusted.
        found = _address(entries[-hops if len(entries) >= hops else 0].strip())
        if found is not None:
            return found
    return _address(peer.encode()) or b"unknown"


def _address(text: bytes) -> bytes | None:
    if _IPV4.fullmatch(text):
        return text
    if len(text) > _LONGEST_ADDRESS:
        return None
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address).encode()
    if address.ipv4_mapped:
        return str(address.ipv4_mapped).encode()
    network = int(address) >> 64 << 64
    return ipaddress.IPv6Address(network).compressed.encode()
