"""The HAProxy process: started, reloaded without a lost request, spoken to over its socket."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
import signal
import time
from collections.abc import Mapping, Sequence

from stackyard.errors import StackyardError
from stackyard.local.balancer import WEIGHT_LINES
from stackyard.local.balancer_targets import Slot
from stackyard.local.haproxy_config import BAD_GATEWAY, BAD_GATEWAY_FILE, Files, weight_map_text
from stackyard.local.layout import Layout
from stackyard.local.processes import OnChange, Process, environment_of
from stackyard.local.request_log import RequestLog

START_SECONDS = 15.0
STOP_SECONDS = 5.0
ANSWER_SECONDS = 5.0
_POLL_SECONDS = 0.02

_HARMLESS = re.compile(r"(changed from|no need to change)")
"""How HAProxy acknowledges a new address; every other word it says is a refusal."""


class HaProxy:
    """One HAProxy for all load balancers of a slot."""

    def __init__(self, layout: Layout, on_change: OnChange | None = None) -> None:
        self.files = Files(run=layout.run, certificate=layout.secrets / "load-balancer.bundle")
        self.forgetful = False
        """It was started again by itself: what it was told over its socket is gone."""
        self._on_change = on_change
        self._text = layout.run / "haproxy.cfg"
        self._maps: dict[str, list[str]] = {}
        self._requests: RequestLog | None = None
        self._process = Process(
            name="load balancer",
            argv=["haproxy", "-W", "-f", self._text],
            environment=environment_of(layout),
            log=layout.logs / "haproxy.log",
            ready=self._answers,
            on_change=self._changed,
        )

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.running

    async def configure(self, text: str, maps: Mapping[str, Sequence[str]]) -> None:
        """Start with this configuration, or reload with it. Raises `StackyardError`.

        Returns when the new worker answers; the old one only ends the requests it has.
        """
        self.files.run.mkdir(parents=True, exist_ok=True)
        (self.files.run / BAD_GATEWAY_FILE).write_bytes(BAD_GATEWAY.encode())
        for key, lines in maps.items():
            self._write_map(key, lines)
        self._text.write_text(text)
        await self._check()
        if self._process.stopped:
            await self._start()
        elif self._process.running:
            await self._reload()
        else:
            # It comes back by itself, with this configuration; a start now would make two of it.
            await self._process.wait_ready(START_SECONDS)
        self.forgetful = False
        self._maps = {key: list(lines) for key, lines in maps.items()}

    async def set_weights(self, key: str, lines: Sequence[str]) -> None:
        """Swap a weight map in one step, without a reload; nothing to do when it is the same."""
        if self._maps.get(key) == list(lines):
            return
        # The file too: the next reload reads it.
        self._write_map(key, lines)
        path = self.files.weight_map(key)
        said = await self.ask(f"prepare map {path}")
        version = re.search(r"\d+", said)
        if version is None:
            raise StackyardError(f"HAProxy refused a new weight map {path}: {said}")
        number = version.group()
        if lines:
            await self._tell(f"add map @{number} {path} <<\n{weight_map_text(lines)}")
        await self._tell(f"commit map @{number} {path}")
        self._maps[key] = list(lines)

    async def enter(self, backend: str, slot: Slot) -> None:
        """Give a server its address; it is down until it is counted as healthy."""
        server = f"{backend}/s{slot.number}"
        await self._tell(
            # HAProxy takes a server that leaves maintenance for UP: no weight until it is down.
            f"set server {server} weight 0%",
            f"set server {server} addr {slot.address} port {slot.port}",
            f"set server {server} state ready",
            f"set server {server} health down",
            f"set server {server} weight 100%",
        )

    async def drain(self, backend: str, slot: Slot) -> None:
        """Send a server no new request."""
        await self._tell(f"set server {backend}/s{slot.number} state drain")

    async def leave(self, backend: str, slot: Slot) -> None:
        """Take a server out."""
        await self._tell(f"set server {backend}/s{slot.number} state maint")

    async def count_as_healthy(self, backend: str, slot: Slot) -> None:
        """Use a server now, before HAProxy has counted all the checks it wants."""
        await self._tell(f"set server {backend}/s{slot.number} health up")

    async def statistics(self) -> dict[tuple[str, str], dict[str, str]]:
        """The rows of `show stat` by proxy and server (`FRONTEND` and `BACKEND` for the whole)."""
        text = (await self.ask("show stat")).lstrip("# ")
        return {(row["pxname"], row["svname"]): row for row in csv.DictReader(io.StringIO(text))}

    def requests(self) -> bytes:
        """A line in `LOG_FORMAT` for each request that ended since the last call."""
        return self._requests.read() if self._requests else b""

    async def ask(self, command: str) -> str:
        """One command over the runtime socket, and its answer."""
        async with asyncio.timeout(ANSWER_SECONDS):
            path = str(self.files.socket)
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(f"{command}\n".encode())
                await writer.drain()
                return (await reader.read()).decode()
            finally:
                writer.close()

    async def stop(self) -> None:
        """End it at once, with the requests it has."""
        self._process.restarts = False
        await self._process.stop(STOP_SECONDS)
        if self._requests is not None:
            self._requests.close()
            self._requests = None

    async def _start(self) -> None:
        self._process.restarts = False
        self._requests = self._requests or RequestLog()
        self._process.output = self._requests.writes
        try:
            await self._process.start()
            await self._process.wait_ready(START_SECONDS)
        except BaseException:
            await self.stop()
            raise
        self._process.restarts = True

    async def _reload(self) -> None:
        before = await self._worker()
        if self._process.pid is not None:
            os.kill(self._process.pid, signal.SIGUSR2)
        end = time.monotonic() + START_SECONDS
        while await self._worker() in {None, before}:
            if time.monotonic() > end:
                raise StackyardError(
                    f"HAProxy did not take its new configuration {self._text}"
                    f" within {START_SECONDS:g} s; see {self._process.log}"
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _worker(self) -> str | None:
        """The process that answers on the socket now; none while nobody does."""
        try:
            found = re.search(r"^Pid: (\d+)", await self.ask("show info"), re.MULTILINE)
        except (OSError, TimeoutError):
            return None
        return found[1] if found else None

    async def _check(self) -> None:
        # A running HAProxy keeps its old configuration and names the fault only in its log.
        judge = await asyncio.create_subprocess_exec(
            *("haproxy", "-c", "-f", str(self._text)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(self._process.environment),
        )
        said, _ = await judge.communicate()
        if judge.returncode != 0:
            faults = re.findall(r"\[ALERT\][^:]*: (.*)", said.decode(errors="replace"))
            raise StackyardError(f"HAProxy refuses {self._text}: {'; '.join(faults[:3])}")

    async def _tell(self, *commands: str) -> None:
        said = await self.ask(commands[0] if len(commands) == 1 else ";".join(commands))
        refusals = [line for line in said.splitlines() if line and not _HARMLESS.search(line)]
        if refusals:
            raise StackyardError(f"HAProxy refused {commands[0].split('<<')[0]!r}: {refusals[0]}")

    async def _answers(self) -> bool:
        return await self._worker() is not None

    def _changed(self, process: Process, change: str) -> None:
        self.forgetful = True
        if self._on_change is not None and process.restarts:
            self._on_change(process, change)

    def _write_map(self, key: str, lines: Sequence[str]) -> None:
        if len(lines) not in {0, WEIGHT_LINES}:
            raise ValueError(f"a weight map has {WEIGHT_LINES} lines or none, not {len(lines)}")
        self.files.weight_map(key).write_text(weight_map_text(lines))
