"""The pipe that HAProxy logs a line a request to: read when it suits, never waited for."""

from __future__ import annotations

import os

_READ_BYTES = 1 << 16
"""As much as a pipe of Linux holds, some 4,000 lines; HAProxy throws away what does not fit."""


class RequestLog:
    """A pipe costs nothing while nobody reads, and outlives every HAProxy that writes to it.

    A socket of datagrams holds only 10 of them in a container (net.unix.max_dgram_qlen).
    """

    def __init__(self) -> None:
        self._reads, self.writes = os.pipe()
        """`writes` becomes HAProxy's stdout."""
        os.set_blocking(self._reads, False)
        self._tail = b""

    def read(self) -> bytes:
        """The whole lines since the last call."""
        try:
            text = self._tail + os.read(self._reads, _READ_BYTES)
        except BlockingIOError:
            return b""
        end = text.rfind(b"\n") + 1
        self._tail = text[end:]
        return text[:end]

    def close(self) -> None:
        """Give both ends back."""
        os.close(self._reads)
        os.close(self.writes)
