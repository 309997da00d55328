"""Which addresses of a slot are taken, and by whom, before anything starts there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.layout import (
    CONTROLLER_MANAGER_PORT,
    EDGE_PORT,
    ETCD_PEER_PORT,
    ETCD_PORT,
    KUBE_API_PORT,
    KUBELET_PORT,
    LISTENER_PORTS,
    MOTO_PORT,
    MYSQL_PORT,
    POD_IDENTITY_PORT,
    REDIS_PORT,
    SCHEDULER_PORT,
    SLOT_VARIABLE,
    SLOTS,
    Layout,
)

NEEDED: Mapping[int, str] = {
    MOTO_PORT: "AWS and the pods",
    ETCD_PORT: "etcd",
    ETCD_PEER_PORT: "etcd",
    KUBE_API_PORT: "the Kubernetes API",
    KUBELET_PORT: "the node",
    POD_IDENTITY_PORT: "the pods' credentials",
    CONTROLLER_MANAGER_PORT: "the controller manager",
    SCHEDULER_PORT: "the scheduler",
    MYSQL_PORT: "the database",
    REDIS_PORT: "the cache",
    EDGE_PORT: "the CDN",
    **dict.fromkeys(LISTENER_PORTS.values(), "the load balancer"),
}
"""Port to what listens there; the edge and HTTPS listeners share one, on other addresses."""
_LISTEN = "0A"


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A listening TCP socket of this machine."""

    address: str
    port: int
    inode: str


def check_free(layout: Layout) -> None:
    """Raise `StackyardError` with one line for each address or port of the slot that is taken."""
    taken = taken_by_others(layout)
    if taken:
        raise StackyardError(
            "\n".join(
                [
                    *taken,
                    f"End them, or use another slot: make up {SLOT_VARIABLE}=<0 to {SLOTS - 1}>",
                ]
            )
        )


def taken_by_others(layout: Layout) -> list[str]:
    """One line for each listener that stands in the slot's way: address, use, process."""
    in_the_way = conflicts(layout, listeners())
    owners = _owners({listener.inode for listener in in_the_way})
    return [
        f"{listener.address}:{listener.port} ({NEEDED.get(listener.port, 'in the slot')}) is "
        f"taken by {owners.get(listener.inode, 'a process of another user')}"
        for listener in in_the_way
    ]


def conflicts(layout: Layout, there: Iterable[Listener]) -> list[Listener]:
    """Listeners inside the slot's network, or on every address with a port that is needed."""
    network = ipaddress.ip_network(f"{layout.control}/16", strict=False)
    return [
        listener
        for listener in there
        if ipaddress.ip_address(listener.address) in network
        or (
            ipaddress.ip_address(listener.address).is_unspecified
            and listener.port in NEEDED
            and not _can_bind(layout.control, listener.port)
        )
    ]


def listeners() -> list[Listener]:
    """Every listening TCP socket, IPv4 and IPv6."""
    found: list[Listener] = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        found += [row for row in map(_listener, rows) if row is not None]
    return found


def _listener(row: str) -> Listener | None:
    words = row.split()
    local, state, inode = words[1], words[3], words[9]
    if state != _LISTEN:
        return None
    address, _, port = local.partition(":")
    # Four bytes a word, each word in the machine's byte order.
    packed = b"".join(
        int(address[at : at + 8], 16).to_bytes(4, "little") for at in range(0, len(address), 8)
    )
    given = ipaddress.ip_address(packed)
    mapped = given.ipv4_mapped if isinstance(given, ipaddress.IPv6Address) else None
    return Listener(address=str(mapped or given), port=int(port, 16), inode=inode)


def _can_bind(address: str, port: int) -> bool:
    """Whether a listener on every address leaves this one free (IPv6 only, or SO_REUSEPORT)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _owners(inodes: set[str]) -> dict[str, str]:
    """Socket to `name (process id)`; sockets of other users' processes are left out."""
    names = {f"socket:[{inode}]": inode for inode in inodes}
    owners: dict[str, str] = {}
    for process in Path("/proc").iterdir() if inodes else ():
        if not process.name.isdecimal():
            continue
        try:
            for link in (process / "fd").iterdir():
                inode = names.get(str(link.readlink()))
                if inode is not None:
                    name = (process / "comm").read_text().strip()
                    owners.setdefault(inode, f"{name} (process {process.name})")
        except OSError:
            continue
    return owners
