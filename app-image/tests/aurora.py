"""A server that logs in by IAM as Aurora does: as much of MySQL's protocol as one SELECT takes.

It asks for the token by the plugin mysql_clear_password, as AWSAuthenticationPlugin does, and only
over TLS.
"""

import contextlib
import socketserver
import ssl
import struct
import threading
from typing import Any

from daemons import ADDRESS, Certificates

PROTOCOL_41, WITH_SCHEMA, TLS = 0x200, 0x8, 0x800
SECURE, PLUGIN, LENGTH_ENCODED = 0x8000, 0x80000, 0x200000
CAPABILITIES = PROTOCOL_41 | WITH_SCHEMA | TLS | SECURE | PLUGIN | LENGTH_ENCODED
AUTOCOMMIT = 2
GREETING = (
    b"\x0a8.0.39\0"
    + struct.pack("<I", 7)
    + b"saltsalt\0"
    + struct.pack("<HBHHB", CAPABILITIES & 0xFFFF, 45, AUTOCOMMIT, CAPABILITIES >> 16, 21)
    + bytes(10)
    + b"saltsaltsalt\0mysql_native_password\0"
)
SWITCH = b"\xfemysql_clear_password\0"
OK = b"\0\0\0" + struct.pack("<HH", AUTOCOMMIT, 0)
DENIED = b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied"
END = b"\xfe" + struct.pack("<HH", 0, AUTOCOMMIT)
COLUMN = b"\3def\0\0\0\x011\0\x0c" + struct.pack("<HIBHB", 63, 1, 8, 0, 0) + b"\0\0"
ONE_ROW = [b"\1", COLUMN, END, b"\x011", END]


class Aurora:
    """Listens until it is stopped; keeps the tokens that it was given."""

    def __init__(self, certificates: Certificates) -> None:
        self.tokens: list[str] = []
        self.users: list[str] = []
        self.to_refuse = 0
        """How many of the next logins are denied."""
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificates.certificate, certificates.key)
        outer = self

        class Sessions(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, EOFError):
                    outer._serve(self.request)

        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer((ADDRESS, 0), Sessions)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, plain: Any) -> None:
        _send(plain, 0, GREETING)
        _receive(plain)
        with self.tls.wrap_socket(plain, server_side=True) as session:
            self.users.append(_receive(session)[32:].split(b"\0")[0].decode())
            _send(session, 3, SWITCH)
            self.tokens.append(_receive(session).removesuffix(b"\0").decode())
            if self.to_refuse:
                self.to_refuse -= 1
                _send(session, 5, DENIED)
                return
            _send(session, 5, OK)
            while _receive(session)[0] != 1:
                for number, packet in enumerate(ONE_ROW, start=1):
                    _send(session, number, packet)


def _send(session: Any, number: int, payload: bytes) -> None:
    session.sendall(struct.pack("<I", len(payload))[:3] + bytes([number]) + payload)


def _receive(session: Any) -> bytes:
    size = int.from_bytes(_exactly(session, 4)[:3], "little")
    return _exactly(session, size)


def _exactly(session: Any, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = session.recv(size - len(received))
        if not part:
            raise EOFError
        received += part
    return received
