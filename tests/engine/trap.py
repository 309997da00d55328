"""A trap before the cloud: the engine gets a signal when it asks for its nth change."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stackyard.errors import StackyardError
from stackyard.local.backend import Backend
from stackyard.local.wire import JsonObject
from tests.engine.faults import Faults, FaultyBackend

IDLE_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A signal for the engine when it asks the cloud for its nth change."""

    at: int
    signal: signal.Signals
    made: bool
    """Whether the cloud makes the change all the same."""


class Trap:
    """Stands round every change of the cloud; knows how many are under way."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.changes = 0
        self._kill: Kill | None = None
        self._under_way = 0
        self._lock = threading.Condition()

    def set(self, kill: Kill | None) -> None:
        """Count from here on; None lets every change pass."""
        self._kill, self.changes = kill, 0

    @contextmanager
    def change(self) -> Iterator[None]:
        """A change; at the nth the signal is sent before the cloud hears of it."""
        with self._lock:
            self.changes += 1
            self._under_way += 1
            kill = self._kill if self._kill and self.changes == self._kill.at else None
        try:
            if kill is not None:
                self._send(kill.signal)
                if not kill.made:
                    raise StackyardError("the call was lost with its caller")
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                self._lock.notify_all()

    def wait_idle(self) -> None:
        """Return when the cloud has made what it was asked for."""
        with self._lock:
            assert self._lock.wait_for(lambda: self._under_way == 0, IDLE_SECONDS)

    def _send(self, number: signal.Signals) -> None:
        """To the whole group as a terminal does; SIGKILL to the engine alone, as the kernel."""
        assert self.process is not None
        if number is signal.SIGKILL:
            os.kill(self.process.pid, number)
        else:
            os.killpg(self.process.pid, number)


class TrappedBackend(FaultyBackend):
    """A backend with a trap round each change."""

    def __init__(self, backend: Backend, trap: Trap) -> None:
        super().__init__(backend, Faults())
        self._trap = trap

    def configured(self, args: JsonObject) -> "TrappedBackend":
        return TrappedBackend(self._backend.configured(args), self._trap)

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        with self._trap.change():
            return super().create(token, name, inputs, timeout=timeout)

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        with self._trap.change():
            return super().update(token, id_, olds, news, timeout=timeout)

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        with self._trap.change():
            super().delete(token, id_, inputs, timeout=timeout)
