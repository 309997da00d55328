"""A slot that is free: nobody holds its guard address, nothing listens inside it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stackyard.local.layout import SLOTS, Layout
from stackyard.local.ports import conflicts, listeners

FIRST_SLOT = 110
_GUARD_PORT = 20009


@contextmanager
def free_slot(root: Path) -> Iterator[Layout]:
    """A slot from 110 on, kept from other tests while the block runs."""
    for slot in range(FIRST_SLOT, SLOTS):
        layout = Layout(root=root, slot=slot)
        with socket.socket() as guard:
            try:
                guard.bind((layout.address(250, 1), _GUARD_PORT))
            except OSError:
                continue
            if conflicts(layout, listeners()):
                continue
            yield layout
            return
    raise RuntimeError(f"no slot of {FIRST_SLOT} to {SLOTS - 1} is free")
