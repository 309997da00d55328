"""The pipe that HAProxy logs a line a request to: read when it suits, never waited for."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress

PIPE_BYTES = 1 << 20
"""As much as Linux lets anyone take (fs.pipe-max-size): some 30,000 lines, ten seconds of a busy
stack. HAProxy throws away what does not fit."""


class RequestLog:
    """A pipe costs nothing while nobody reads, and outlives every HAProxy that writes to it.

    A socket of datagrams holds only 10 of them in a container (net.unix.max_dgram_qlen).
    """

    def __init__(self) -> None:
        self._reads, self.writes = os.pipe()
        """`writes` becomes HAProxy's stdout."""
        with suppress(PermissionError):  # where less is allowed it stays as it is: 64 KiB
            fcntl.fcntl(self.writes, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(self._reads, False)
        self._tail = b""

    def read(self) -> bytes:
        """The whole lines since the last call."""
        try:
            text = self._tail + os.read(self._reads, PIPE_BYTES)
        except BlockingIOError:
            return b""
        end = text.rfind(b"\n") + 1
        self._tail = text[end:]
        return text[:end]

    def close(self) -> None:
        """Give both ends back."""
        os.close(self._reads)
        os.close(self.writes)
