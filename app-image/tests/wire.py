"""Requests byte by byte, for what no client's library would send."""

import contextlib
import socket
from collections.abc import Iterator

from api_process import Api, a_client
from daemons import ADDRESS

HOST = b"host: x\r\n"


@contextlib.contextmanager
def connected(api: Api) -> Iterator[socket.socket]:
    with socket.create_connection((ADDRESS, api.port), timeout=60) as client:
        yield client


def head(line: str, *fields: str, client: str | None = None) -> bytes:
    """A request's head, from an address of its own unless `client` says from which."""
    lines = [f"{line} HTTP/1.1", "host: x", f"x-forwarded-for: {client or a_client()}", *fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answers_to(api: Api, sent: bytes) -> bytes:
    """All that comes back until the server closes the connection; fails when it does not."""
    with connected(api) as client:
        client.sendall(sent)
        return until_closed(client)


def until_closed(client: socket.socket) -> bytes:
    received = b""
    # What a server leaves unread makes it reset, after its answer.
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65_536):
            received += part
    return received
