"""The node and the reconcilers under the supervisor: started, started again, ended in order."""

from __future__ import annotations

import asyncio
import importlib
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from stackyard.errors import StackyardError
from stackyard.local.kube_client import KubeClient
from stackyard.local.layout import Layout
from stackyard.local.part_health import PartHealth
from stackyard.local.secrets import Secrets
from stackyard.local.status import Status

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 15.0
_CALM_SECONDS = 60.0
_ATTEMPTS = 3
"""So many failures in a row are called failed; fewer may be a server that still starts."""


class Reconciler(Protocol):
    """Runs until it is cancelled, and ends its own processes then.

    With an attribute `ready: asyncio.Event` it tells when it is; without, it is ready at once.
    """

    async def run(self) -> None:
        """Never returns."""
        ...


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Where a reconciler's class is. It is imported late: one that is broken stops no other."""

    module: str
    name: str
    kube: bool
    """Whether it also gets a `KubeClient`, and so starts after the control plane."""
    daemons: bool = False
    """Whether it keeps daemons, and so gets `on_change` to tell what happens to them."""


KINDS: Mapping[str, Kind] = {
    "node": Kind(module="stackyard.local.node", name="Node", kube=True),
    "balancer": Kind(
        module="stackyard.local.balancer_reconciler",
        name="BalancerReconciler",
        kube=True,
        daemons=True,
    ),
    "databases": Kind(
        module="stackyard.local.databases", name="DatabaseReconciler", kube=False, daemons=True
    ),
    "caches": Kind(
        module="stackyard.local.caches", name="CacheReconciler", kube=False, daemons=True
    ),
    "edge": Kind(module="stackyard.local.edge", name="EdgeReconciler", kube=False),
}
STOP_ORDER = (("edge", "balancer"), ("node",), ("databases", "caches"))
"""From the outside in, as requests come."""


class Reconcilers:
    """One task a reconciler."""

    def __init__(
        self, layout: Layout, secrets: Secrets, status: Status, health: PartHealth
    ) -> None:
        self._layout = layout
        self._secrets = secrets
        self._status = status
        self._health = health
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, part: str) -> None:
        """Run the reconciler of `part` from now on."""
        self._tasks[part] = asyncio.create_task(self._keep(part), name=part)

    async def stop(self, grace_seconds: float) -> None:
        """Cancel them in `STOP_ORDER`; each group has `grace_seconds` to end its processes."""
        for group in STOP_ORDER:
            tasks = [self._tasks.pop(part) for part in group if part in self._tasks]
            for task in tasks:
                task.cancel()
            if tasks:
                _, late = await asyncio.wait(tasks, timeout=grace_seconds)
                for task in late:
                    _LOG.warning("%s did not end within %s s", task.get_name(), grace_seconds)

    async def _keep(self, part: str) -> None:
        pause, failures = _FIRST_PAUSE_SECONDS, 0
        while True:
            began = time.monotonic()
            try:
                await self._run(part)
            except Exception as error:  # noqa: BLE001  # whatever it is, the others go on
                _LOG.exception("%s failed", part)
                said = str(error) or type(error).__name__
            else:
                said = "ended without being asked to"
                _LOG.error("%s %s", part, said)
            if time.monotonic() - began > _CALM_SECONDS:
                pause, failures = _FIRST_PAUSE_SECONDS, 0
            failures += 1
            self._status.set(part, "failed" if failures >= _ATTEMPTS else "starting", said)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _run(self, part: str) -> None:
        kind = KINDS[part]
        make = _class_of(kind)
        if kind.daemons:
            make = partial(make, on_change=partial(self._health.changed, part))
        if not kind.kube:
            await self._run_one(part, make(self._layout, self._secrets))
            return
        async with KubeClient.of(self._layout, self._secrets) as kube:
            await self._run_one(part, make(self._layout, self._secrets, kube))

    async def _run_one(self, part: str, reconciler: Reconciler) -> None:
        watcher = asyncio.create_task(self._tell_ready(part, reconciler))
        try:
            await reconciler.run()
        finally:
            self._health.forget(part)
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    async def _tell_ready(self, part: str, reconciler: Reconciler) -> None:
        ready: object = getattr(reconciler, "ready", None)
        if isinstance(ready, asyncio.Event):
            await ready.wait()
        self._status.set(part, "ready")


def _class_of(kind: Kind) -> Callable[..., Reconciler]:
    try:
        factory: Callable[..., Reconciler] = getattr(
            importlib.import_module(kind.module), kind.name
        )
    except (ImportError, AttributeError) as error:
        raise StackyardError(f"{kind.module}.{kind.name} can't be imported: {error}") from error
    return factory
