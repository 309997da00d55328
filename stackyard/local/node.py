"""The node: what a kubelet would be, for all zones at once; pods run as processes."""

import asyncio
import ipaddress
import logging
import time
from collections.abc import Sequence

import aiohttp

from stackyard.local.cluster_setup import FIELD_MANAGER, set_up_cluster
from stackyard.local.kube_client import (
    APPLY_PATCH,
    MERGE_PATCH,
    STRATEGIC_MERGE_PATCH,
    KubeClient,
    KubeError,
    WatchEvent,
)
from stackyard.local.kube_json import child, precise_timestamp, timestamp
from stackyard.local.kubelet_api import KubeletApi
from stackyard.local.layout import Layout
from stackyard.local.metrics_api import ContainerUse, PodUse
from stackyard.local.node_inputs import NodeInputs, inputs_from_aws
from stackyard.local.node_objects import (
    NodeGroup,
    NodePlan,
    lease_object,
    node_object,
    node_plans,
    node_status,
)
from stackyard.local.pod import Machine, Pod
from stackyard.local.pod_api import PodApi
from stackyard.local.pod_events import PodEvents
from stackyard.local.pod_logs import bound, find_log, prune
from stackyard.local.pod_status import Running
from stackyard.local.secrets import Secrets
from stackyard.local.usage import SAMPLE_SECONDS, Sample, Sampler, by_session, sweep_pods
from stackyard.local.wire import JsonObject

LEASE_RENEWAL_SECONDS = 10.0
STATUS_EVERY = 6
"""A node's status is reported with every sixth renewal of its lease."""
ADDRESSES = 16 * 254
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
_ENDED = {"Succeeded", "Failed"}
_log = logging.getLogger(__name__)


class Node:
    """All nodes of one slot: registered as the node groups say, running what is bound to them."""

    def __init__(
        self,
        layout: Layout,
        secrets: Secrets,
        kube: KubeClient,
        inputs: NodeInputs | None = None,
    ) -> None:
        """Node groups and associations come from the slot's embedded AWS, or from `inputs`."""
        self.ready = asyncio.Event()
        """Set once the API server can reach the node: webhooks, logs and metrics answer."""
        self._layout = layout
        self._kube = kube
        inputs = inputs or inputs_from_aws(layout, secrets)
        self._follow_groups = inputs.follow_groups
        self._api = KubeletApi(layout, secrets, kube, inputs, watched=self)
        self._pods: dict[str, tuple[Pod, asyncio.Task[None]]] = {}
        self._nodes: dict[str, NodePlan] = {}
        self._ready_since: dict[str, str] = {}
        self._last_address = 0
        self._sampler = Sampler()
        self._samples: dict[int, Sample] = {}

    async def run(self) -> None:
        """Be the node until cancelled; then every process of every pod is ended."""
        swept = await asyncio.to_thread(sweep_pods, self._layout)
        if swept:
            _log.warning("ended %d processes of pods that an earlier node left", swept)
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(connector=connector) as session, self._api:
            events = PodEvents(self._kube)
            machine = Machine(layout=self._layout, kube=self._kube, session=session, events=events)
            try:
                await set_up_cluster(self._kube, self._layout)
                self.ready.set()
                async with asyncio.TaskGroup() as loops:
                    loops.create_task(events.run(), name="pod events")
                    loops.create_task(self._follow_groups(self._groups_seen), name="node groups")
                    loops.create_task(self._heartbeat(), name="heartbeat")
                    loops.create_task(self._sample(), name="usage")
                    loops.create_task(self._watch_pods(machine), name="pods")
            finally:
                self.ready.clear()
                await self._drop(list(self._pods))

    async def _watch_pods(self, machine: Machine) -> None:
        bound_pods = {"fieldSelector": "spec.nodeName!="}
        async for event in self._kube.watch("/api/v1/pods", bound_pods):
            try:
                await self._see(event, machine)
            except KubeError as error:
                _log.warning("pod %s: %s", event.object["metadata"]["name"], error)

    async def _see(self, event: WatchEvent, machine: Machine) -> None:
        pod = event.object
        metadata = pod["metadata"]
        # After a gap in the watch a pod may have been replaced by one of the same name.
        replaced = [
            uid
            for uid, (other, _) in self._pods.items()
            if (other.namespace, other.name) == (metadata["namespace"], metadata["name"])
            and (uid != metadata["uid"] or event.type == "DELETED")
        ]
        await self._drop(replaced)
        if event.type == "DELETED":
            return
        known = self._pods.get(metadata["uid"])
        if known is not None:
            known[0].see(pod)
        elif child(pod, "status").get("phase") not in _ENDED:
            self._admit(pod, machine)
        elif "deletionTimestamp" in metadata:
            name, space, uid = metadata["name"], metadata["namespace"], metadata["uid"]
            await PodApi(self._kube, namespace=space, name=name, uid=uid).delete()

    def _admit(self, pod: JsonObject, machine: Machine) -> None:
        body = Pod(pod, address=self._address_for(pod), machine=machine)
        task = asyncio.create_task(body.run(), name=f"pod {body.namespace}/{body.name}")
        self._pods[body.uid] = (body, task)

        def ended(_: asyncio.Task[None]) -> None:
            self._pods.pop(body.uid, None)
            if not task.cancelled() and (error := task.exception()):
                _log.error("pod %s/%s ended: %r", body.namespace, body.name, error)

        task.add_done_callback(ended)
        body.see(pod)

    async def _drop(self, uids: list[str]) -> None:
        """End pods at once, telling nobody."""
        tasks = [self._pods[uid][1] for uid in uids]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _address_for(self, pod: JsonObject) -> str:
        """The address the pod has, else the next free one; a freed one rests as long as it can."""
        taken = {body.address for body, _ in self._pods.values()}
        had = child(pod, "status").get("podIP")
        if had and had not in taken and self._is_ours(had):
            return str(had)
        for _ in range(ADDRESSES):
            self._last_address = self._last_address % ADDRESSES + 1
            address = self._layout.pod(self._last_address)
            if address not in taken:
                return address
        raise LookupError(f"all {ADDRESSES} pod addresses of slot {self._layout.slot} are in use")

    def _is_ours(self, address: str) -> bool:
        first, last = self._layout.pod(1), self._layout.pod(ADDRESSES)
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        return int(low) <= int(ipaddress.ip_address(address)) <= int(high)

    async def _groups_seen(self, groups: Sequence[NodeGroup]) -> None:
        """Make the cluster's nodes those of the groups."""
        plans = {plan.name: plan for plan in node_plans(groups)}
        listed = await self._kube.list("/api/v1/nodes")
        there = {str(node["metadata"]["name"]) for node in listed.items}
        for name in sorted(there - set(plans)):
            await self._remove(name)
        for plan in plans.values():
            await self._register(plan)
        self._nodes = plans
        await self._beat(with_status=False)

    async def _register(self, plan: NodePlan) -> None:
        status, answer = await self._kube.request(
            "PATCH",
            f"/api/v1/nodes/{plan.name}",
            node_object(plan),
            APPLY_PATCH,
            params={"fieldManager": FIELD_MANAGER, "force": "true"},
        )
        if status >= 400:
            raise KubeError(status, f"node {plan.name}: {answer.get('message')}")
        self._ready_since.setdefault(plan.name, timestamp())
        await self._report(plan)

    async def _remove(self, name: str) -> None:
        """Take a node away as EC2 takes an instance: its pods end at once."""
        self._nodes.pop(name, None)
        self._ready_since.pop(name, None)
        pods = await self._kube.list("/api/v1/pods", {"fieldSelector": f"spec.nodeName={name}"})
        await self._kube.request("DELETE", f"/api/v1/nodes/{name}")
        await self._kube.request("DELETE", f"{_LEASES}/{name}")
        for pod in pods.items:
            metadata = pod["metadata"]
            path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
            await self._kube.request("DELETE", path, {"gracePeriodSeconds": 0})
        on_it = [u for u, (p, _) in self._pods.items() if p.object["spec"]["nodeName"] == name]
        await self._drop(on_it)

    async def _heartbeat(self) -> None:
        beat = 0
        while True:
            await asyncio.sleep(LEASE_RENEWAL_SECONDS)
            beat += 1
            try:
                await self._beat(with_status=beat % STATUS_EVERY == 0)
            except KubeError as error:
                _log.warning("heartbeat: %s", error)

    async def _beat(self, *, with_status: bool) -> None:
        for name, plan in list(self._nodes.items()):
            lease = lease_object(name, now=precise_timestamp())
            body = {"spec": lease["spec"]}
            status, _ = await self._kube.request("PATCH", f"{_LEASES}/{name}", body, MERGE_PATCH)
            if status == 404:
                await self._kube.request("POST", _LEASES, lease)
            if with_status:
                await self._report(plan)

    async def _report(self, plan: NodePlan) -> None:
        status = node_status(
            plan,
            address=self._layout.control,
            ready_since=self._ready_since.setdefault(plan.name, timestamp()),
            now=timestamp(),
        )
        path = f"/api/v1/nodes/{plan.name}/status"
        await self._kube.request("PATCH", path, {"status": status}, STRATEGIC_MERGE_PATCH)

    async def _sample(self) -> None:
        while True:
            burnt = await asyncio.to_thread(by_session)
            self._samples = self._sampler.samples(burnt, at=time.monotonic(), stamp=timestamp())
            live = [body for body, _ in self._pods.values()]
            for body in live:
                for container in body.all_containers():
                    log = find_log(body.logs, container.status.name)
                    if log is not None:
                        bound(log)
            prune(self._layout.logs, {body.logs for body in live})
            await asyncio.sleep(SAMPLE_SECONDS)

    def uses(self) -> list[PodUse]:
        """What each running pod uses, as far as it was sampled."""
        found: list[PodUse] = []
        for body, _ in self._pods.values():
            running = {
                c.status.name: self._samples.get(c.status.state.pid)
                for c in body.containers
                if isinstance(c.status.state, Running)
            }
            containers = [
                ContainerUse(name=name, sample=sample)
                for name, sample in running.items()
                if sample is not None
            ]
            found.append(
                PodUse(
                    namespace=body.namespace,
                    name=body.name,
                    node=body.object["spec"]["nodeName"],
                    labels=child(body.object, "metadata", "labels"),
                    containers=containers,
                )
            )
        return found

    def is_running(self, namespace: str, pod: str, container: str) -> bool:
        """Whether a container's process runs."""
        return any(
            c.status.name == container and isinstance(c.status.state, Running)
            for body, _ in self._pods.values()
            if (body.namespace, body.name) == (namespace, pod)
            for c in body.all_containers()
        )
