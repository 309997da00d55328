"""How a part is while its daemons end and are started again: ready only when all of them answer."""

from __future__ import annotations

import asyncio
import logging

from stackyard.errors import StackyardError
from stackyard.local.processes import Process
from stackyard.local.status import Status

ANSWER_SECONDS = 60.0
_LOG = logging.getLogger(__name__)


class PartHealth:
    """Writes to the status what happens to daemons that were ready once."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._away: dict[str, dict[str, str]] = {}
        """Part to daemon to what happened to it, for those that do not answer."""
        self._recoveries: dict[str, set[asyncio.Task[None]]] = {}

    def changed(self, part: str, process: Process, change: str) -> None:
        """A daemon ended by itself or runs again: say so, and say when it answers again."""
        message = f"{process.name} {change}"
        _LOG.warning("%s: %s", part, message)
        self._away.setdefault(part, {})[process.name] = message
        self._status.set(part, "starting", message)
        if process.running:
            task = asyncio.create_task(self._recover(part, process))
            recoveries = self._recoveries.setdefault(part, set())
            recoveries.add(task)
            task.add_done_callback(recoveries.discard)

    def forget(self, part: str) -> None:
        """Say no more of the daemons it has had: who kept them has ended."""
        self._away.pop(part, None)
        for task in self._recoveries.pop(part, set()):
            task.cancel()

    async def _recover(self, part: str, process: Process) -> None:
        try:
            await process.wait_ready(ANSWER_SECONDS)
        except StackyardError as error:
            if not process.stopped:
                self._status.set(part, "failed", str(error))
                return
        away = self._away[part]
        away.pop(process.name, None)
        if away:
            self._status.set(part, "starting", next(iter(away.values())))
        else:
            self._status.set(part, "ready", f"{process.name} was started again")
