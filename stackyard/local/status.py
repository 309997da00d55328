"""`run/status.json`: what the supervisor says of each part, for `make up` and `make status`."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Literal

from stackyard.local.layout import Layout
from stackyard.local.secrets import write_private

STATUS_FILE = "status.json"
State = Literal["starting", "ready", "failed"]


class Status:
    """Every part from the start on, so that "all ready" is never true too early."""

    def __init__(self, layout: Layout, parts: Sequence[str]) -> None:
        self._file = layout.run / STATUS_FILE
        self._parts: dict[str, dict[str, str]] = {}
        for part in parts:
            self._parts[part] = _entry("starting", "")
        self._write()

    def set(self, part: str, state: State, message: str = "") -> None:
        """Say how `part` is; `since` stays while state and message stay."""
        new = _entry(state, message)
        old = self._parts.get(part)
        if old is None or (old["state"], old["message"]) != (state, message):
            self._parts[part] = new
            self._write()

    def state(self, part: str) -> str:
        """The last state said."""
        return self._parts[part]["state"]

    def remove(self) -> None:
        """Nothing runs any more."""
        self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        write_private(self._file, json.dumps(self._parts, indent=1) + "\n")


def _entry(state: State, message: str) -> dict[str, str]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    return {"state": state, "since": now, "message": message}
