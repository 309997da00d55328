"""What stands in a slot's way is named before anything starts."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local.layout import REDIS_PORT, Layout
from stackyard.local.ports import (
    Listener,
    check_free,
    conflicts,
    listeners,
    taken_by_others,
)

SLOT, OTHER = 104, 105


def _layout(slot: int = SLOT) -> Layout:
    return Layout(root=Path("/nowhere"), slot=slot)


@contextmanager
def _listening(address: str, port: int) -> Iterator[int]:
    with socket.create_server((address, port)) as server:
        yield server.getsockname()[1]


def test_a_free_slot_has_nothing_in_its_way():
    assert taken_by_others(_layout()) == []


def test_a_listener_in_the_slot_is_named_with_its_process():
    layout = _layout()
    name = Path("/proc/self/comm").read_text().strip()

    with _listening(layout.cache(3), REDIS_PORT):
        taken = taken_by_others(layout)

    assert taken == [
        f"{layout.cache(3)}:6379 (the cache) is taken by {name} (process {os.getpid()})"
    ]


def test_a_port_that_the_slot_does_not_use_counts_too():
    layout = _layout()

    with _listening(layout.control, 0) as port:
        taken = taken_by_others(layout)

    assert [line.split(" is taken")[0] for line in taken] == [
        f"{layout.control}:{port} (in the slot)"
    ]


def test_a_listener_in_another_slot_is_in_nobodys_way():
    with _listening(_layout(OTHER).cache(1), REDIS_PORT):
        taken = taken_by_others(_layout())

    assert taken == []


def test_every_taken_port_is_told_at_once():
    layout = _layout()

    with (
        _listening(layout.cache(1), REDIS_PORT),
        _listening(layout.control, 5000),
        pytest.raises(
            StackyardError, match=r"(?s):6379.*\n.*another slot: make up STACKYARD_SLOT=<0 to 199>"
        ) as caught,
    ):
        check_free(layout)

    assert ":5000 (AWS and the pods) is taken by" in str(caught.value)


def test_a_listener_on_every_address_is_in_the_way_of_a_port_that_is_needed():
    layout = _layout()
    # Stands for the kernel's answer to a bind where 0.0.0.0 is taken.
    everywhere = Listener(address="0.0.0.0", port=REDIS_PORT, inode="1")  # noqa: S104

    with _listening(layout.control, REDIS_PORT):
        in_the_way = conflicts(layout, [everywhere])

    assert in_the_way == [everywhere]


def test_a_listener_on_every_address_that_leaves_the_slots_free_is_in_nobodys_way():
    only_ipv6 = Listener(address="::", port=REDIS_PORT, inode="1")

    in_the_way = conflicts(_layout(), [only_ipv6])

    assert in_the_way == []


def test_a_listener_on_every_address_with_a_port_that_is_not_needed_is_in_nobodys_way():
    web = Listener(address="0.0.0.0", port=80, inode="1")  # noqa: S104

    in_the_way = conflicts(_layout(), [web])

    assert in_the_way == []


def test_listeners_of_ipv4_and_ipv6_are_read():
    with _listening(_layout().control, 0) as four, socket.socket(socket.AF_INET6) as mapped:
        mapped.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        mapped.bind(("::ffff:127.0.0.1", 0))
        mapped.listen()
        six = mapped.getsockname()[1]
        found = {(each.address, each.port) for each in listeners()}

    assert {(_layout().control, four), ("127.0.0.1", six)} <= found
