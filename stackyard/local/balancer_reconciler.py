"""Load balancers of the embedded AWS and target group bindings of Kubernetes become HAProxy."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import aiohttp

from stackyard.local.balancer import Balancing, balancing
from stackyard.local.balancer_metrics import health_metrics, traffic_metrics
from stackyard.local.balancer_records import BalancerRecords
from stackyard.local.balancer_targets import REASONS
from stackyard.local.bindings import Target, bound_targets, gate_patch
from stackyard.local.certificates import issue
from stackyard.local.changes import PASSING_FAULTS, ChangeCounter, log_fault, retry_after
from stackyard.local.haproxy import HaProxy
from stackyard.local.kube_client import STRATEGIC_MERGE_PATCH, KubeClient, KubeError
from stackyard.local.kube_json import timestamp
from stackyard.local.layout import Layout
from stackyard.local.processes import OnChange
from stackyard.local.request_counts import RequestCounts
from stackyard.local.secrets import Secrets, write_private
from stackyard.local.target_pools import Rows, TargetPools
from stackyard.local.wire import JsonObject

BINDINGS = "/apis/elbv2.k8s.aws/v1beta1/targetgroupbindings"
SERVICES = "/api/v1/services"
PODS = "/api/v1/pods"

POLL_SECONDS = 0.25
CALM_SECONDS, BUSY_SECONDS = 1.0, 0.25
"""Pace of the looks at HAProxy when nothing happens, and while targets start or drain."""
METRICS_SECONDS = 2.0
"""An ALB reports once a minute; a release on the local stack has steps of a few seconds."""
_LEAST_PAUSE_SECONDS = 0.05
_POD_IS_GONE = {404, 409, 422}


class BalancerReconciler:
    """Follows ELB, TargetGroupBindings, Services and pods."""

    def __init__(
        self,
        layout: Layout,
        secrets: Secrets,
        kube: KubeClient,
        *,
        on_change: OnChange | None = None,
    ) -> None:
        """`on_change` is told of HAProxy, see `Process.on_change`."""
        self.ready = asyncio.Event()
        """Set once HAProxy serves what there is."""
        self._layout = layout
        self._secrets = secrets
        self._kube = kube
        self._counter = ChangeCounter(layout, secrets)
        self._records = BalancerRecords(layout, secrets)
        self._haproxy = HaProxy(layout, on_change)
        self._pools = TargetPools(self._haproxy)
        self._balancing = Balancing()
        self._objects: dict[str, dict[str, JsonObject]] = {BINDINGS: {}, SERVICES: {}, PODS: {}}
        self._changes = self._described = -1
        self._requests = RequestCounts()
        self._metrics_due = 0.0
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Reconcile until cancelled; HAProxy ends with it."""
        timeout = aiohttp.ClientTimeout(total=10)
        try:
            async with asyncio.TaskGroup() as tasks, aiohttp.ClientSession(timeout=timeout) as web:
                for path in self._objects:
                    tasks.create_task(self._follow(path))
                tasks.create_task(self._follow_changes())
                await self._reconcile_for_ever(web)
        finally:
            await self._haproxy.stop()
            await self._counter.close()

    async def _follow(self, path: str) -> None:
        """Mirror the objects under a path, and wake the loop at each change."""
        held = self._objects[path]
        async for event in self._kube.watch(path):
            uid = str(event.object["metadata"]["uid"])
            if event.type == "DELETED":
                held.pop(uid, None)
            else:
                held[uid] = event.object
            self._wake.set()

    async def _follow_changes(self) -> None:
        failures = 0
        while True:
            try:
                now = await self._counter.read()
                if now != self._changes:
                    self._changes = now
                    self._wake.set()
                failures = 0
            except PASSING_FAULTS as fault:
                log_fault("load balancer, changes", fault, first=failures == 0)
                failures += 1
                # It may come back without what it was told.
                self._records.forget()
                self._described = -1
            await asyncio.sleep(retry_after(failures) if failures else POLL_SECONDS)

    async def _reconcile_for_ever(self, web: aiohttp.ClientSession) -> None:
        failures = 0
        while True:
            # Cleared before the look, so that what happens meanwhile is not missed.
            self._wake.clear()
            try:
                if self._changes >= 0:
                    await self._reconcile(web)
                failures = 0
            except PASSING_FAULTS as fault:
                log_fault("load balancer", fault, first=failures == 0)
                failures += 1
            if failures:
                await asyncio.sleep(retry_after(failures))
                continue
            await asyncio.sleep(_LEAST_PAUSE_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(CALM_SECONDS if self._pools.settled else BUSY_SECONDS):
                    await self._wake.wait()

    async def _reconcile(self, web: aiohttp.ClientSession) -> None:
        changes_seen = self._changes
        if changes_seen != self._described:
            self._balancing = balancing(await self._records.describe())
            self._described = changes_seen
        by_arn = bound_targets(
            bindings=self._objects[BINDINGS].values(),
            services=self._objects[SERVICES].values(),
            pods=self._objects[PODS].values(),
        )
        backends = {backend.name: backend for backend in self._balancing.backends}
        bound = {name: by_arn.get(backend.arn, {}) for name, backend in backends.items()}
        addresses = sorted({f.address for f in self._balancing.frontends if f.tls})
        if addresses:
            await asyncio.to_thread(self._write_certificate, addresses)
        await self._pools.bring(
            self._balancing,
            {name: {a: t.port for a, t in targets.items()} for name, targets in bound.items()},
        )
        rows: Rows = await self._haproxy.statistics() if self._haproxy.running else {}
        await self._pools.observe(backends, rows, web)
        await self._records.tell_targets(list(backends.values()), self._pools.slots, web)
        for name, targets in bound.items():
            for target in targets.values():
                await self._tell_gate(name, target)
        await self._tell_metrics()
        self.ready.set()

    async def _tell_gate(self, backend: str, target: Target) -> None:
        """Say on a pod with our readiness gate whether its target is healthy."""
        slot = self._pools.slots.get(backend, {}).get(target.address)
        healthy = slot is not None and slot.state == "healthy"
        if not target.has_gate or target.gate_status == str(healthy):
            return
        if not target.gate_status and not healthy:
            return
        state = slot.state if slot is not None else "initial"
        patch = gate_patch(target, healthy=healthy, now=timestamp(), reason=REASONS[state])
        path = f"/api/v1/namespaces/{target.namespace}/pods/{target.pod}/status"
        status, said = await self._kube.request("PATCH", path, patch, STRATEGIC_MERGE_PATCH)
        if status >= 400 and status not in _POD_IS_GONE:
            raise KubeError(status, f"PATCH {path}: {said.get('message', status)}")

    async def _tell_metrics(self) -> None:
        # At every look, told or not: the pipe holds some seconds of a busy stack.
        self._requests.add(self._haproxy.requests())
        now = time.monotonic()
        if now < self._metrics_due or not self._balancing.frontends:
            return
        self._metrics_due = now + METRICS_SECONDS
        traffic = traffic_metrics(self._balancing, self._requests.take())
        health = health_metrics(self._balancing, self._pools.slots)
        await self._records.tell_metrics(traffic, health, now=now)

    def _write_certificate(self, addresses: list[str]) -> None:
        """One file with certificate and key, as HAProxy wants them, for the TLS listeners."""
        pair = issue(self._layout, "load-balancer", addresses=addresses)
        text = pair.certificate.read_text() + pair.key.read_text()
        bundle = self._haproxy.files.certificate
        if not bundle.exists() or bundle.read_text() != text:
            write_private(bundle, text)
