"""A pod's life on the node: volumes, init containers, containers, status reports, deletion.

There are no mount namespaces. A volume is a folder, and a variable or argument that names its
mount path is given the folder instead; what is mounted at /tmp is also TMPDIR. Secrets and
ConfigMaps in volumes keep the content they had at the start; tokens are renewed.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from stackyard.local.container import Container, PodSide
from stackyard.local.container_environment import (
    POD_VARIABLE,
    ConfigError,
    PodFacts,
    Start,
    Surroundings,
    sources_of,
    start_of,
)
from stackyard.local.images import find_image
from stackyard.local.kube_client import KubeClient, KubeError
from stackyard.local.kube_json import child, children, timestamp
from stackyard.local.layout import Layout
from stackyard.local.pod_api import PodApi
from stackyard.local.pod_events import EventType, PodEvents
from stackyard.local.pod_logs import pod_log_folder
from stackyard.local.pod_status import (
    ContainerStatus,
    PodState,
    Terminated,
    pod_status,
    taken_over,
)
from stackyard.local.processes import RUN_VARIABLE
from stackyard.local.unsupported import unsupported_fields
from stackyard.local.volumes import make_volumes, mounts_of, remove_volumes, token_seconds
from stackyard.local.wire import JsonObject

RETRY_SECONDS = 0.5
SETTLE_SECONDS = 1.0
"""How long a pod's tasks get to note that their processes have ended."""
DEFAULT_GRACE_SECONDS = 30
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What all pods of a node share."""

    layout: Layout
    kube: KubeClient
    session: aiohttp.ClientSession
    """For probes; opens a connection a request, as a kubelet does."""
    events: PodEvents


class Pod:
    """One pod bound to the node; `run` is its life, `see` tells it what the API server holds."""

    def __init__(self, pod: JsonObject, *, address: str, machine: Machine) -> None:
        self.object = pod
        self.address = address
        self._machine = machine
        metadata, spec = pod["metadata"], pod["spec"]
        self.uid = str(metadata["uid"])
        self.namespace, self.name = str(metadata["namespace"]), str(metadata["name"])
        self._api = PodApi(machine.kube, namespace=self.namespace, name=self.name, uid=self.uid)
        self._facts = PodFacts(
            pod=pod,
            address=address,
            host_address=machine.layout.control,
            folder=machine.layout.run / "pods" / self.uid,
        )
        self.logs = pod_log_folder(machine.layout.logs, self.namespace, self.name)
        self._start_time = child(pod, "status").get("startTime") or timestamp()
        self._policy = str(spec.get("restartPolicy", "Always"))
        self._changed = asyncio.Event()
        # An init container with its own policy is a sidecar, which the node does not start.
        inits = [c for c in children(spec, "initContainers") if "restartPolicy" not in c]
        self._inits = self._made(inits, "initContainerStatuses", init=True)
        self.containers = self._made(spec["containers"], "containerStatuses", init=False)
        self._volumes: dict[str, Path] = {}
        self._deleted = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """From start to deletion; cancelled, it ends its processes at once and tells nobody."""
        for sentence in unsupported_fields(self.object):
            self._record("Warning", "NotHonoured", sentence)
        life = asyncio.create_task(self._live(), name=f"pod {self.namespace}/{self.name}")
        reporter = asyncio.create_task(self._report(), name=f"status of {self.name}")
        try:
            self._changed.set()
            await self._deleted.wait()
            await self._stop(life)
            reporter.cancel()
            await self._finalise()
        finally:
            for task in (life, reporter):
                task.cancel()
            ended = await asyncio.gather(life, reporter, return_exceptions=True)
            for container in self.all_containers():
                container.kill()
            remove_volumes(self._facts.folder)
            for error in ended:
                if isinstance(error, Exception):
                    _log.error("pod %s/%s: %r", self.namespace, self.name, error)

    def see(self, pod: JsonObject) -> None:
        """Take a newer version of the object; a deletion time begins the end."""
        if int(pod["metadata"]["resourceVersion"]) < int(
            self.object["metadata"]["resourceVersion"]
        ):
            return
        self.object = pod
        self._changed.set()
        if "deletionTimestamp" not in pod["metadata"]:
            return
        if self._stopping:
            for container in self.all_containers():
                container.shorten(self._grace_seconds())
        self._deleted.set()

    def state(self) -> PodState:
        """What the pod is now."""
        return PodState(
            address=self.address,
            host_address=self._facts.host_address,
            start_time=self._start_time,
            inits=[c.status for c in self._inits],
            containers=[c.status for c in self.containers],
            stopping=self._stopping,
        )

    async def _live(self) -> None:
        await self._make_volumes()
        renewal = asyncio.create_task(self._renew_tokens())
        try:
            for container in self._inits:
                await container.run()
                ended = container.status.state
                if not isinstance(ended, Terminated) or ended.exit_code:
                    return
            async with asyncio.TaskGroup() as running:
                for container in self.containers:
                    running.create_task(container.run())
        finally:
            renewal.cancel()

    async def _stop(self, life: asyncio.Task[None]) -> None:
        """End every container within the pod's grace period."""
        self._stopping = True
        for container in self.all_containers():
            container.stopping.set()
        self._record("Normal", "Killing", "Stopping containers of a deleted pod")
        # Twice: a process may have been on its way when the first round looked.
        for _ in range(2):
            async with asyncio.TaskGroup() as ends:
                for container in self.all_containers():
                    ends.create_task(container.terminate(self._grace_seconds()))
            await asyncio.wait({life}, timeout=SETTLE_SECONDS)
            if life.done():
                break
        life.cancel()
        await asyncio.wait({life})

    async def _finalise(self) -> None:
        """Tell the last status, then let the API server forget the pod."""
        while True:
            try:
                await self._send(pod_status(self.object, self.state(), now=timestamp()))
                status, answer = await self._api.delete()
            except KubeError:
                status, answer = 0, {}
            if status in {200, 202, 404, 409}:
                return
            _log.warning(
                "pod %s/%s is not deleted: %s %s", self.namespace, self.name, status, answer
            )
            await asyncio.sleep(RETRY_SECONDS)

    async def _report(self) -> None:
        """Send the status after each change, until the pod is no more."""
        sent: JsonObject | None = None
        while True:
            await self._changed.wait()
            self._changed.clear()
            status = pod_status(self.object, self.state(), now=timestamp())
            if status == sent:
                continue
            try:
                code = await self._send(status)
            except KubeError:
                code = 0
            if code == 200:
                sent = status
            elif code in {404, 409}:
                return
            else:
                await asyncio.sleep(RETRY_SECONDS)
                self._changed.set()

    async def _send(self, status: JsonObject) -> int:
        code, answer = await self._api.report(status)
        if code == 200:
            self.see(answer)
        elif code not in {404, 409}:
            _log.warning(
                "status of pod %s/%s: %s", self.namespace, self.name, answer.get("message")
            )
        return code

    async def _make_volumes(self) -> None:
        while not self._stopping:
            try:
                self._volumes = await make_volumes(
                    self._facts, fetch=self._api.fetch, token=self._token
                )
            except (ConfigError, KubeError) as error:
                self._record("Warning", "FailedMount", f"MountVolume.SetUp failed: {error}")
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def _renew_tokens(self) -> None:
        seconds = token_seconds(self.object)
        while seconds is not None:
            await asyncio.sleep(0.8 * seconds)
            await self._make_volumes()

    async def _prepare(self, spec: JsonObject) -> Start:
        image = find_image(self._machine.layout.images, spec["image"])
        self._facts.folder.mkdir(parents=True, exist_ok=True)
        sources = {source: await self._api.content(source) for source in sources_of(spec)}
        return start_of(
            spec,
            Surroundings(
                facts=self._facts,
                image=image,
                sources=sources,
                mounts=mounts_of(spec, self._volumes),
                marks={
                    RUN_VARIABLE: str(self._machine.layout.folder),
                    POD_VARIABLE: f"{self.uid}/{spec['name']}",
                },
            ),
        )

    async def _token(self, wanted: JsonObject) -> str:
        return await self._api.token(
            self.object["spec"].get("serviceAccountName") or "default", wanted
        )

    def _made(self, specs: Sequence[JsonObject], told: str, *, init: bool) -> list[Container]:
        reported = {c["name"]: c for c in children(child(self.object, "status"), told)}
        policy = "OnFailure" if init and self._policy == "Always" else self._policy
        side = PodSide(
            uid=self.uid,
            address=self.address,
            policy=policy,
            grace_seconds=self._grace_seconds(),
            logs=self.logs,
            session=self._machine.session,
            prepare=self._prepare,
            changed=self._changed.set,
            record=self._record,
        )
        made: list[Container] = []
        for spec in specs:
            status = ContainerStatus(name=spec["name"], image=spec["image"])
            if spec["name"] in reported:
                status = taken_over(status, reported[spec["name"]], policy=policy)
            made.append(Container(spec, status, side))
        return made

    def all_containers(self) -> list[Container]:
        """Init containers, then the others."""
        return [*self._inits, *self.containers]

    def _grace_seconds(self) -> float:
        given = self.object["metadata"].get("deletionGracePeriodSeconds")
        if given is None:
            given = self.object["spec"].get("terminationGracePeriodSeconds")
        return DEFAULT_GRACE_SECONDS if given is None else float(given)

    def _record(self, kind: EventType, reason: str, message: str) -> None:
        self._machine.events.record(self.object, kind, reason, message)
