"""Every port of a running slot: for its users, or closed to who has no secret."""

import socket
import ssl
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from stackyard.local.layout import (
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
)
from tests.end_to_end.running_stack import RunningStack

pytestmark = pytest.mark.end_to_end

POD_PORT = 5000
FOR_USERS = {EDGE_PORT, LISTENER_PORTS[80], POD_PORT}


def listening(stack: RunningStack) -> set[tuple[str, int]]:
    """Addresses and ports of the slot on which something listens."""
    slot = stack.layout.control.rsplit(".", 2)[0]
    found: set[tuple[str, int]] = set()
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        where, state = row.split()[1], row.split()[3]
        address, port = where.split(":")
        host = str(IPv4Address(int.from_bytes(bytes.fromhex(address), "little")))
        if state == "0A" and host.startswith(f"{slot}."):
            found.add((host, int(port, 16)))
    return found


def exchange(host: str, port: int, said: bytes, tls: ssl.SSLContext | None = None) -> bytes:
    """What comes back for some bytes; nothing where the connection is cut."""
    try:
        with socket.create_connection((host, port), timeout=5) as plain:
            if tls is None:
                plain.sendall(said)
                return plain.recv(4096)
            with tls.wrap_socket(plain, server_hostname=host) as wrapped:
                wrapped.sendall(said)
                return wrapped.recv(4096)
    except (ConnectionError, ssl.SSLError):
        return b""


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: local\r\nConnection: close\r\n\r\n".encode()


REFUSED: dict[int, Callable[[str, ssl.SSLContext], bool]] = {
    MOTO_PORT: lambda host, _: b" 403 " in exchange(host, MOTO_PORT, get("/")),
    ETCD_PORT: lambda host, tls: exchange(host, ETCD_PORT, get("/version"), tls) == b"",
    ETCD_PEER_PORT: lambda host, tls: exchange(host, ETCD_PEER_PORT, get("/"), tls) == b"",
    KUBE_API_PORT: lambda host, tls: b" 401 " in exchange(host, KUBE_API_PORT, get("/api"), tls),
    KUBELET_PORT: lambda host, tls: exchange(host, KUBELET_PORT, get("/"), tls) == b"",
    POD_IDENTITY_PORT: lambda host, _: (
        b" 401 " in exchange(host, POD_IDENTITY_PORT, get("/v1/credentials"))
    ),
    REDIS_PORT: lambda host, tls: b"NOAUTH" in exchange(host, REDIS_PORT, b"PING\r\n", tls),
    # The handshake's first packet alone goes out before a password; a plain login is cut.
    MYSQL_PORT: lambda host, _: b"denied" in login(host) or b"secure" in login(host),
}


def login(host: str) -> bytes:
    """The answer to a login as root without a password, without TLS."""
    with socket.create_connection((host, MYSQL_PORT), timeout=5) as server:
        server.recv(4096)
        flags = (0x0200 | 0x8000 | 0x80000).to_bytes(4, "little")
        body = flags + bytes(4) + b"\x21" + bytes(23) + b"root\x00\x00mysql_native_password\x00"
        server.sendall(len(body).to_bytes(3, "little") + b"\x01" + body)
        return server.recv(4096)


def test_every_port_of_the_slot_is_one_that_is_meant(stack: RunningStack) -> None:
    ports = {port for _, port in listening(stack)}

    assert ports <= {*FOR_USERS, *REFUSED}
    assert ports >= set(REFUSED)


@pytest.mark.parametrize("port", REFUSED)
def test_a_port_refuses_who_has_no_secret(stack: RunningStack, port: int) -> None:
    pods = {pod["status"]["podIP"] for pod in stack.pods()}
    hosts = [h for h, listens in listening(stack) if listens == port and h not in pods]

    assert hosts
    assert all(REFUSED[port](host, stack.tls) for host in hosts)
