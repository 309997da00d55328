"""The one process that a slot's embedded cloud hangs on: `python -m stackyard.local.supervisor`."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import aiohttp

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.local import binaries
from stackyard.local.certificates import make_authority
from stackyard.local.control_plane import ControlPlane
from stackyard.local.layout import Layout, layout_here
from stackyard.local.part_health import PartHealth
from stackyard.local.processes import Process, environment_of, sweep
from stackyard.local.reconcilers import KINDS, Reconcilers
from stackyard.local.secrets import Secrets, make_secrets
from stackyard.local.status import STATUS_FILE, Status

AWS, KUBERNETES = "aws", "kubernetes"
AWS_READY_SECONDS = 60.0
STOP_SECONDS = 8.0
"""Given to each group of processes at the end; what is left then is killed by the sweep."""
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_LOG = logging.getLogger(__name__)


class Supervisor:
    """Starts every part of a slot, keeps them running, and ends them all."""

    def __init__(self, layout: Layout, secrets: Secrets) -> None:
        self._layout = layout
        self._secrets = secrets
        self._status = Status(layout, [AWS, KUBERNETES, *KINDS])
        self._health = PartHealth(self._status)
        self._reconcilers = Reconcilers(layout, secrets, self._status, self._health)
        self._aws = Process(
            name=AWS,
            argv=[
                *(sys.executable, "-m", "stackyard.local.aws.server"),
                *("--root", layout.root, "--slot", str(layout.slot)),
            ],
            environment=environment_of(layout, {"PYTHONPATH": str(_PACKAGE_ROOT)}),
            log=layout.logs / "aws.log",
            ready=self._aws_answers,
            folder=_PACKAGE_ROOT,
            on_change=partial(self._health.changed, AWS),
        )
        self._control_plane = ControlPlane(
            layout, secrets, binaries.found(), on_change=partial(self._health.changed, KUBERNETES)
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Start everything and stay until `stop`, then end everything.

        Raises `StackyardError` when AWS or Kubernetes can't be started.
        """
        start = asyncio.create_task(self._start())
        asked = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({start, asked}, return_when=asyncio.FIRST_COMPLETED)
            if start.done():
                start.result()
            await asked
        finally:
            start.cancel()
            asked.cancel()
            await asyncio.wait({start, asked})
            await self._stop()
        # A supervisor that failed leaves its status to be read.
        self._status.remove()

    async def _start(self) -> None:
        """AWS and Kubernetes at once; each reconciler as soon as what it needs is there."""
        aws = asyncio.create_task(self._start_aws())
        await asyncio.gather(aws, self._start_kubernetes(aws))

    async def _start_aws(self) -> None:
        try:
            await self._aws.start()
            await self._aws.wait_ready(AWS_READY_SECONDS)
        except StackyardError as error:
            self._status.set(AWS, "failed", str(error))
            raise
        self._aws.restarts = True
        self._status.set(AWS, "ready")
        for part, kind in KINDS.items():
            if not kind.kube:
                self._reconcilers.start(part)

    async def _start_kubernetes(self, aws: asyncio.Task[None]) -> None:
        try:
            await self._control_plane.start()
        except StackyardError as error:
            self._status.set(KUBERNETES, "failed", str(error))
            raise
        self._status.set(KUBERNETES, "ready")
        await aws
        for part, kind in KINDS.items():
            if kind.kube:
                self._reconcilers.start(part)

    async def _stop(self) -> None:
        for part in (AWS, KUBERNETES):
            self._health.forget(part)
        await self._reconcilers.stop(STOP_SECONDS)
        await asyncio.gather(self._control_plane.stop(STOP_SECONDS), self._aws.stop(STOP_SECONDS))
        left = await sweep(self._layout, grace_seconds=1.0)
        if left:
            _LOG.warning("ended %s processes that their owners left", len(left))

    async def _aws_answers(self) -> bool:
        address = f"{self._layout.aws_endpoint}/_stackyard/changes"
        headers = {"X-Stackyard-Token": self._secrets.internal_token}
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(address, headers=headers) as answer,
        ):
            return answer.status == 200


async def supervise(layout: Layout) -> None:
    """Run the slot's cloud until SIGTERM or SIGINT. Raises `StackyardError`."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    for folder in (layout.logs, layout.run, layout.data):
        folder.mkdir(parents=True, exist_ok=True)
    with _only_one(layout):
        (layout.run / STATUS_FILE).unlink(missing_ok=True)
        left = await sweep(layout)
        if left:
            _LOG.warning("ended %s processes of an earlier, killed supervisor", len(left))
        secrets = make_secrets(layout)
        make_authority(layout)
        await Supervisor(layout, secrets).run(stop)


@contextmanager
def _only_one(layout: Layout) -> Generator[None, None, None]:
    """Hold the slot: the lock goes with the process, however it ends."""
    pid_file = layout.run / "supervisor.pid"
    with (layout.run / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackyardError(
                f"slot {layout.slot} has a supervisor already ({pid_file}); run: make down"
            ) from error
        pid_file.write_text(f"{os.getpid()}\n")
        try:
            yield
        finally:
            pid_file.unlink(missing_ok=True)


def main() -> int:
    """Run the slot that STACKYARD_SLOT names, in the working directory; the exit code."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        asyncio.run(supervise(_layout()))
    except StackyardError as error:
        _LOG.error("%s", error)  # the message says it; a trace would hide it
        return error.exit_code
    return 0


def _layout() -> Layout:
    try:
        return layout_here()
    except ValueError as error:
        raise SettingsFaultError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
