"""Target groups as HAProxy's pools: what is wanted of them is told to HAProxy, health is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

import aiohttp

from stackyard.local.balancer import Backend, Balancing
from stackyard.local.balancer_targets import (
    Slot,
    Step,
    next_slots,
    passes,
    slot_count,
    target_state,
)
from stackyard.local.haproxy import HaProxy
from stackyard.local.haproxy_config import configuration

FIRST_CHECK_SECONDS = 1.0
Row = Mapping[str, str]
Rows = Mapping[tuple[str, str], Row]


class TargetPools:
    """The servers behind every backend, and HAProxy in line with them."""

    def __init__(self, haproxy: HaProxy) -> None:
        self.slots: dict[str, dict[str, Slot]] = {}
        """By backend and target address."""
        self._haproxy = haproxy
        self._sizes: dict[str, int] = {}
        self._shape = ""
        """The configuration without servers that HAProxy runs with; empty: not known."""

    @property
    def settled(self) -> bool:
        """Whether nothing will change by itself: no target starts or drains."""
        states = {slot.state for slots in self.slots.values() for slot in slots.values()}
        return states <= {"healthy", "unhealthy"}

    async def bring(self, balancing: Balancing, wanted: Mapping[str, Mapping[str, int]]) -> None:
        """Make HAProxy serve these frontends with these targets (ports by address, by backend)."""
        steps = self._next(balancing, wanted)
        if not balancing.frontends:
            self._shape = ""
            if self._haproxy.running:
                await self._haproxy.stop()
            return
        known, self._shape = self._shape, ""
        maps = balancing.weight_maps()
        shape = configuration(balancing, {}, self._haproxy.files, self._sizes)
        if shape != known or self._haproxy.forgetful or not self._haproxy.running:
            slots = {name: list(held.values()) for name, held in self.slots.items()}
            text = configuration(balancing, slots, self._haproxy.files, self._sizes)
            await self._haproxy.configure(text, maps)
            # The new worker knows the healthy targets only; those that drain are the old one's.
            for backend, held in slots.items():
                for slot in held:
                    if slot.state in {"initial", "unhealthy"}:
                        await self._haproxy.enter(backend, slot)
        else:
            for backend, step in steps:
                await self._take(backend, step)
            for key, lines in maps.items():
                await self._haproxy.set_weights(key, lines)
        # Only now: after a failure on the way the next call begins with a reload.
        self._shape = shape

    async def observe(
        self, backends: Mapping[str, Backend], rows: Rows, checks: aiohttp.ClientSession
    ) -> None:
        """Bring the targets' states up to date with HAProxy's rows and with first checks.

        ELB checks a new target at once; HAProxy would wait for up to an interval.
        """
        now = time.monotonic()
        for name, held in self.slots.items():
            check = backends[name].check
            passed = await asyncio.gather(
                *(_first_check(backends[name], slot, checks) for slot in held.values())
            )
            for slot, good in zip(list(held.values()), passed, strict=True):
                status = rows.get((name, f"s{slot.number}"), {}).get("status", "")
                state = target_state(slot, status, passed=good, now=now, check=check)
                if slot.state == "initial" and state == "healthy":
                    await self._haproxy.count_as_healthy(name, slot)
                held[slot.address] = replace(slot, state=state)

    def _next(
        self, balancing: Balancing, wanted: Mapping[str, Mapping[str, int]]
    ) -> list[tuple[str, Step]]:
        now = time.monotonic()
        names = [backend.name for backend in balancing.backends] if balancing.frontends else []
        self.slots = {name: self.slots.get(name, {}) for name in names}
        found: list[tuple[str, Step]] = []
        for backend in balancing.backends:
            if backend.name not in self.slots:
                continue
            self.slots[backend.name], steps = next_slots(
                self.slots[backend.name],
                wanted.get(backend.name, {}),
                now=now,
                deregistration_seconds=backend.deregistration_seconds,
            )
            found += [(backend.name, step) for step in steps]
        counts = {name: slot_count(held.values()) for name, held in self.slots.items()}
        self._sizes = {name: max(self._sizes.get(name, 0), n) for name, n in counts.items()}
        return found

    async def _take(self, backend: str, step: Step) -> None:
        if step.action == "enter":
            await self._haproxy.enter(backend, step.slot)
        elif step.action == "drain":
            await self._haproxy.drain(backend, step.slot)
        else:
            await self._haproxy.leave(backend, step.slot)


async def _first_check(backend: Backend, slot: Slot, checks: aiohttp.ClientSession) -> bool:
    """Whether a new target passes its health check now; no for all others, which are not asked."""
    if slot.state != "initial":
        return False
    url = f"http://{slot.address}:{backend.check.port or slot.port}{backend.check.path}"
    limit = aiohttp.ClientTimeout(total=min(FIRST_CHECK_SECONDS, backend.check.timeout_seconds))
    headers = {"User-Agent": "ELB-HealthChecker/2.0"}
    try:
        async with checks.get(url, headers=headers, timeout=limit, allow_redirects=False) as answer:
            return passes(backend.check.statuses, answer.status)
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
