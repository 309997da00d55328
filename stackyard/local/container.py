"""One container as processes: started, probed, started again with back-off, ended with grace.

CPU and memory limits, users and read-only roots are not enforced: that takes the kernel's cgroups
and namespaces, which a node without root does not have. Admission still judges what specs say.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from stackyard.local.container_commands import run_hook, target_of
from stackyard.local.container_environment import ConfigError, Start
from stackyard.local.images import ImageMissingError
from stackyard.local.kube_client import KubeError
from stackyard.local.kube_json import timestamp
from stackyard.local.pod_events import EventType
from stackyard.local.pod_logs import find_log, new_log, tail
from stackyard.local.pod_status import ContainerStatus, Running, Terminated, Waiting
from stackyard.local.probes import Probe, Tally, Target, ask, pause, probe_of
from stackyard.local.usage import kill_marked
from stackyard.local.wire import JsonObject

LONGEST_BACK_OFF_SECONDS = 60.0
"""The first restart comes at once, then after 1, 2, 4 … s; a kubelet's after 10 to 300 s."""
CALM_SECONDS = 60.0
"""A process that ran this long starts its next restart without back-off."""
LAST_GRACE_SECONDS = 2.0
"""What a process gets after SIGTERM when its preStop hook has used up the grace period."""
RETRY_SECONDS = 1.0
UNHEALTHY_AFTER_SECONDS = 5.0
"""That a container which has only just started is not ready yet is no news."""
_MESSAGE_LINES, _MESSAGE_BYTES = 80, 2048


@dataclass(frozen=True, kw_only=True)
class PodSide:
    """What a container has from its pod."""

    uid: str
    address: str
    policy: str
    """Restart policy: Always, OnFailure or Never."""
    grace_seconds: float
    logs: Path
    session: aiohttp.ClientSession
    prepare: Callable[[JsonObject], Awaitable[Start]]
    """How to start a container of this spec; raises while something it needs is missing."""
    changed: Callable[[], None]
    """Called when the container's status is another."""
    record: Callable[[EventType, str, str], None]
    """Takes an event: type, reason, message."""


class Container:
    """One container of a pod; `status` is what it is now."""

    def __init__(self, spec: JsonObject, status: ContainerStatus, pod: PodSide) -> None:
        self.spec = spec
        self.status = status
        self.stopping = asyncio.Event()
        self._pod = pod
        self._mark = f"{pod.uid}/{status.name}"
        self._child: asyncio.subprocess.Process | None = None
        self._target: Target | None = None
        self._limit: asyncio.Timeout | None = None

    async def run(self) -> None:
        """Start the process, and again by the restart policy, until it has ended for good."""
        back_off = 0.0
        while not self._is_final(self.status.state):
            start = await self._prepared()
            if start is None:
                return
            began = time.monotonic()
            ended = await self._run_once(start)
            self._set(state=ended, ready=False, started=False)
            if self._is_final(ended):
                return
            if time.monotonic() - began > CALM_SECONDS:
                back_off = 0.0
            if back_off:
                message = f"back-off {back_off:g}s restarting failed container={self.status.name}"
                self._set(state=Waiting(reason="CrashLoopBackOff", message=message), last=ended)
                self._pod.record("Warning", "BackOff", message)
                await self._pause(back_off)
            back_off = min(max(1.0, 2 * back_off), LONGEST_BACK_OFF_SECONDS)
            if not self.stopping.is_set():
                self._set(last=ended, restarts=self.status.restarts + 1)

    async def terminate(self, grace_seconds: float) -> None:
        """The preStop hook, SIGTERM, and SIGKILL when the grace period is over."""
        child, target = self._child, self._target
        if child is None or target is None:
            return
        if self._limit is not None:
            self.shorten(grace_seconds)
            await child.wait()
            return
        told = False
        try:
            async with asyncio.timeout(grace_seconds) as self._limit:
                wrong = await run_hook("preStop", target)
                if wrong is not None:
                    self._pod.record("Warning", "FailedPreStopHook", wrong)
                self._signal(signal.SIGTERM)
                told = True
                await child.wait()
        except TimeoutError:
            if not told:
                self._signal(signal.SIGTERM)
                with suppress(TimeoutError):
                    await asyncio.wait_for(child.wait(), LAST_GRACE_SECONDS)
            self.kill()
            await child.wait()
        finally:
            self._limit = None

    def shorten(self, grace_seconds: float) -> None:
        """Let a running grace period end sooner, as a second deletion asks."""
        if self._limit is not None and not self._limit.expired():
            until = asyncio.get_running_loop().time() + grace_seconds
            self._limit.reschedule(min(until, self._limit.when() or until))

    def kill(self) -> None:
        """SIGKILL to everything that the container started."""
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
        # What has left the process group or outlives its leader would hold the port.
        kill_marked(self._mark)

    async def _prepared(self) -> Start | None:
        """How to start, once image, Secrets and ConfigMaps are there; None when told to stop."""
        retry = RETRY_SECONDS
        image = self.status.image
        while not self.stopping.is_set():
            try:
                return await self._pod.prepare(self.spec)
            except ImageMissingError as error:
                self._set(state=Waiting(reason="ErrImagePull", message=str(error)))
                self._pod.record("Warning", "Failed", f"Failed to pull image: {error}")
                await self._pause(RETRY_SECONDS)
                message = f'Back-off pulling image "{image}": ErrImagePull: {error}'
                self._set(state=Waiting(reason="ImagePullBackOff", message=message))
            except ConfigError as error:
                state = Waiting(reason="CreateContainerConfigError", message=str(error))
                self._set(state=state)
                self._pod.record("Warning", "Failed", f"Error: {error}")
            except KubeError:
                # The API server is away; nothing to tell, and nobody to tell it.
                pass
            await self._pause(retry)
            retry = min(1.5 * retry, 5.0)
        return None

    async def _run_once(self, start: Start) -> Terminated:
        """One process from start to end."""
        log = new_log(self._pod.logs, self.status.name, self.status.restarts)
        try:
            child = await self._spawn(start, log)
        except OSError as error:
            message = f"failed to start {start.argv[0]}: {error.strerror or error}"
            self._pod.record("Warning", "Failed", f"Error: {message}")
            return Terminated(
                exit_code=128,
                reason="StartError",
                started_at=None,
                finished_at=timestamp(),
                message=message,
            )
        self._child = child
        self._target = target_of(
            self.spec, start, address=self._pod.address, session=self._pod.session
        )
        started_at = timestamp()
        probes = asyncio.create_task(self._watch_over(child, self._target, started_at))
        try:
            code = await child.wait()
        finally:
            probes.cancel()
            self.kill()
            await asyncio.gather(child.wait(), probes, return_exceptions=True)
            self._child = None
        code = 128 - code if code < 0 else code
        return Terminated(
            exit_code=code,
            reason="Error" if code else "Completed",
            started_at=started_at,
            finished_at=timestamp(),
            message=self._last_words() if code else None,
        )

    async def _spawn(self, start: Start, log: Path) -> asyncio.subprocess.Process:
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *start.argv,
                env=start.environment,
                cwd=start.working_directory,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    async def _watch_over(
        self, child: asyncio.subprocess.Process, target: Target, started_at: str
    ) -> None:
        """The postStart hook, then the probes, while the process runs."""
        began = time.monotonic()
        wrong = await run_hook("postStart", target)
        if wrong is not None:
            self._pod.record("Warning", "FailedPostStartHook", wrong)
            self.kill()
            return
        startup = probe_of(self.spec, "startup")
        readiness = probe_of(self.spec, "readiness")
        liveness = probe_of(self.spec, "liveness")
        self._set(
            state=Running(started_at=started_at, pid=child.pid),
            started=startup is None,
            ready=startup is None and readiness is None,
        )
        self._pod.record("Normal", "Started", f"Started container {self.status.name}")
        if startup is not None:
            await self._probe(startup, target, began)
            self._set(started=True, ready=readiness is None)
        async with asyncio.TaskGroup() as probes:
            for probe in (readiness, liveness):
                if probe is not None:
                    probes.create_task(self._probe(probe, target, began))

    async def _probe(self, probe: Probe, target: Target, began: float) -> None:
        """Ask until the container is told to end; a startup probe until it is passed."""
        await asyncio.sleep(probe.initial_delay)
        tally, passed = Tally(probe=probe), False
        while True:
            wrong = await ask(probe.action, target, timeout_seconds=probe.timeout)
            elapsed = time.monotonic() - began
            fresh = probe.kind != "liveness" and not passed and elapsed < UNHEALTHY_AFTER_SECONDS
            if wrong is not None and not fresh:
                message = f"{probe.kind.capitalize()} probe failed: {wrong}"
                self._pod.record("Warning", "Unhealthy", message)
            decision = tally.count(ok=wrong is None, elapsed=elapsed)
            if decision is not None:
                passed = decision
                if probe.kind == "startup" and decision:
                    return
                if probe.kind == "readiness":
                    self._set(ready=decision)
                elif not decision and not self.stopping.is_set():
                    await self._restart_for(probe)
            await asyncio.sleep(pause(probe, decided=passed, elapsed=elapsed))

    async def _restart_for(self, probe: Probe) -> None:
        self._pod.record(
            "Normal",
            "Killing",
            f"Container {self.status.name} failed {probe.kind} probe, will be restarted",
        )
        given = probe.action.get("terminationGracePeriodSeconds")
        await self.terminate(self._pod.grace_seconds if given is None else given)

    def _last_words(self) -> str | None:
        """The end of the log of a failed process, where the spec asks for it."""
        if self.spec.get("terminationMessagePolicy") != "FallbackToLogsOnError":
            return None
        log = find_log(self._pod.logs, self.status.name)
        words = tail(log, lines=_MESSAGE_LINES) if log else b""
        return words[-_MESSAGE_BYTES:].decode(errors="replace") or None

    def _is_final(self, state: object) -> bool:
        if not isinstance(state, Terminated):
            return False
        succeeded = state.exit_code == 0
        return (
            self.stopping.is_set()
            or self._pod.policy == "Never"
            or (self._pod.policy == "OnFailure" and succeeded)
        )

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    def _signal(self, number: signal.Signals) -> None:
        # As in a container: the main process is told, and tells its own children.
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError):
                self._child.send_signal(number)

    def _set(self, **changes: object) -> None:
        self.status = replace(self.status, **changes)  # pyright: ignore[reportArgumentType]  # names stand beside their values at each call
        self._pod.changed()
