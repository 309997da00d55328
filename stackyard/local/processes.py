"""Child processes of the supervisor: started with a log file, waited for, restarted, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from stackyard.errors import StackyardError
from stackyard.local.layout import Layout

RUN_VARIABLE = "STACKYARD_RUN"
"""Names the slot's folder in the environment of every process of the embedded cloud."""
_POLL_SECONDS = 0.05
_LOG_LINES = 12
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 10.0
_CALM_SECONDS = 30.0
"""A process that ran this long starts its next restart with the shortest pause again."""


def environment_of(layout: Layout, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a child sees: PATH, HOME and the mark that the sweep finds it by, and `extra`.

    Nothing else is handed down, so that a user's AWS profile or proxy never reaches a body.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", RUN_VARIABLE: str(layout.folder), **(extra or {})}


OnChange = Callable[["Process", str], None]


@dataclass(kw_only=True)
class Process:
    """One daemon. It leads a session of its own: a stop reaches everything it started."""

    name: str
    argv: Sequence[str | Path]
    environment: Mapping[str, str]
    """The whole environment; see `environment_of`."""
    log: Path
    """Gets stdout and stderr, appended."""
    output: int | None = None
    """File descriptor that gets stdout in place of the log."""
    ready: Callable[[], Awaitable[bool]] | None = None
    """Asked until it says True; an error of the network or a `StackyardError` means not yet."""
    restarts: bool = False
    """Start it again, with a growing pause, when it ends by itself."""
    stop_signal: signal.Signals = signal.SIGTERM
    folder: Path | None = None
    """Working directory."""
    on_change: OnChange | None = None
    """Told in a few words when the process ended by itself or was started again."""

    _child: asyncio.subprocess.Process | None = field(default=None, init=False)
    _keeper: asyncio.Task[None] | None = field(default=None, init=False)
    _ended: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @property
    def pid(self) -> int | None:
        """Process id of the running child."""
        return self._child.pid if self._child and self.running else None

    @property
    def running(self) -> bool:
        """Whether the child is there at this moment."""
        return self._child is not None and self._child.returncode is None

    @property
    def stopped(self) -> bool:
        """Whether it does not come back by itself: never started, stopped, or ended for good."""
        return self._keeper is None or self._keeper.done()

    @property
    def exit_code(self) -> int | None:
        """How the latest child ended; none while it runs."""
        return self._child.returncode if self._child else None

    async def start(self) -> None:
        """Start the child; does not wait until it answers."""
        if not self.stopped:
            raise StackyardError(f"{self.name} runs already, or is being started again")
        self._ended.clear()
        child = await self._spawn()
        self._keeper = asyncio.create_task(self._keep(child), name=f"keep {self.name}")

    async def wait_ready(self, timeout_seconds: float) -> None:
        """Return when `ready` says so. Raises `StackyardError` with the end of the log."""
        end = time.monotonic() + timeout_seconds
        while not await self._answers():
            if not self.running and (not self.restarts or self.stopped):
                raise StackyardError(
                    f"{self.name} ended with exit code {self.exit_code} before it answered; "
                    f"{self._log_end()}"
                )
            if time.monotonic() > end:
                raise StackyardError(
                    f"{self.name} did not answer within {timeout_seconds:g} s; {self._log_end()}"
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def wait(self) -> int:
        """The exit code, once the child has ended for good: stopped, or not to be restarted."""
        await self._ended.wait()
        return self.exit_code or 0

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Signal it, wait, kill what is left of its session; nothing to do if it has ended."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait({keeper})
        child = self._child
        if child is not None and self.running:
            with suppress(ProcessLookupError):
                child.send_signal(self.stop_signal)
            with suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), grace_seconds)
            self._kill_session()
            await child.wait()
        self._ended.set()

    async def _spawn(self) -> asyncio.subprocess.Process:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            try:
                child = await asyncio.create_subprocess_exec(
                    *self.argv,
                    env=dict(self.environment),
                    cwd=self.folder,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log if self.output is None else self.output,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                raise StackyardError(
                    f"{self.name} can't be started: {self.argv[0]}: {error.strerror}"
                ) from error
        self._child = child
        return child

    async def _keep(self, child: asyncio.subprocess.Process) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            await child.wait()
            # A worker that outlives its main process would hold the port.
            self._kill_session()
            self._tell(f"ended with exit code {child.returncode}")
            if not self.restarts:
                break
            if time.monotonic() - began > _CALM_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            try:
                child = await self._spawn()
            except StackyardError as error:
                self._tell(str(error))
                break
            self._tell("started again")
        self._ended.set()

    def _tell(self, change: str) -> None:
        if self.on_change is not None:
            self.on_change(self, change)

    def _kill_session(self) -> None:
        if self._child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)

    async def _answers(self) -> bool:
        if not self.running:
            return False
        if self.ready is None:
            return True
        try:
            return await self.ready()
        except (OSError, TimeoutError, aiohttp.ClientError, StackyardError):
            return False

    def _log_end(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        except OSError:
            lines = []
        return "\n".join([f"its log, {self.log}, ends:", *(f"  {line}" for line in lines)])


def pids_of(layout: Layout) -> list[int]:
    """Every process that carries the slot's mark, but this one and those above it."""
    mark = f"{RUN_VARIABLE}={layout.folder}".encode()
    mine = _self_and_parents()
    return [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and int(entry.name) not in mine and _carries(entry, mark)
    ]


async def sweep(layout: Layout, grace_seconds: float = 5.0) -> list[int]:
    """End what an earlier, killed supervisor left behind; returns the process ids."""
    left = found = pids_of(layout)
    for pid in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + grace_seconds
    while left and time.monotonic() < end:
        await asyncio.sleep(_POLL_SECONDS)
        left = pids_of(layout)
    for pid in left:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    while left and time.monotonic() < end + grace_seconds:
        await asyncio.sleep(_POLL_SECONDS)
        left = pids_of(layout)
    return found


def _carries(entry: Path, mark: bytes) -> bool:
    try:
        return mark in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _self_and_parents() -> set[int]:
    found: set[int] = set()
    pid = os.getpid()
    while pid > 0 and pid not in found:
        found.add(pid)
        try:
            # The name stands in brackets and may hold blanks: the parent is the 2nd word after it.
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            break
    return found
