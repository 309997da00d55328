"""Who is asking, by X-Forwarded-For and the peer."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.clients import client_of

PEER = "10.0.0.9"


@pytest.mark.parametrize(
    ("forwarded", "hops", "client"),
    [
        (b"203.0.113.7", 1, b"203.0.113.7"),
        (b"1.1.1.1, 203.0.113.7", 1, b"203.0.113.7"),
        (b"1.1.1.1, 203.0.113.7, 70.1.1.1", 2, b"203.0.113.7"),
        (b"203.0.113.7", 2, b"203.0.113.7"),
        (b"203.0.113.7", 0, b"10.0.0.9"),
        (None, 2, b"10.0.0.9"),
        (b"", 2, b"10.0.0.9"),
        (b"2001:db8:1:2:3:4:5:6", 1, b"2001:db8:1:2::"),
        (b"::ffff:203.0.113.7", 1, b"203.0.113.7"),
        (b"unknown", 1, b"10.0.0.9"),
        (b"203.0.113.7:4711", 1, b"10.0.0.9"),
        (b"256.1.1.1", 1, b"10.0.0.9"),
        (b"\xff\xfe", 1, b"10.0.0.9"),
        (b"1" * 8192, 1, b"10.0.0.9"),
        (b", ".join([b"1.1.1.1"] * 999 + [b"203.0.113.7"]), 1, b"203.0.113.7"),
    ],
)
def test_the_client_is_what_the_last_trusted_proxy_saw(
    forwarded: bytes | None, hops: int, client: bytes
):
    assert client_of(forwarded, PEER, hops) == client


def test_a_peer_without_an_address_is_still_one_client():
    assert client_of(None, "", 2) == b"unknown"


@given(st.ip_addresses(v=4))
def test_every_ipv4_address_is_a_client_of_its_own(address: ipaddress.IPv4Address):
    assert client_of(str(address).encode(), PEER, 1) == str(address).encode()


@given(st.binary(max_size=200), st.integers(0, 5))
def test_whatever_is_sent_a_client_is_short_and_an_address(forwarded: bytes, hops: int):
    client = client_of(forwarded, PEER, hops)

    assert len(client) <= 45
    assert ipaddress.ip_address(client.decode())
