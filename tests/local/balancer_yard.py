"""HAProxy before a blue and a green target, and the load that is sent through it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from stackyard.local.balancer import (
    Backend,
    Balancing,
    Condition,
    Forward,
    Frontend,
    HealthCheck,
    Reply,
    Rule,
)
from stackyard.local.haproxy import HaProxy
from stackyard.local.layout import Layout
from stackyard.local.target_pools import TargetPools
from tests.local.bodies import own_slot
from tests.local.targets import Target

T = TypeVar("T")

RATE, SECONDS = 100, 2.0
"""Requests a second, and how long, of the open-loop load: few enough for two busy cores."""
MARGIN_SECONDS = 0.5
"""Load before and after what is done under load."""


class Yard:
    """HAProxy with a blue and a green target group of one target each."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.haproxy = HaProxy(layout)
        self.pools = TargetPools(self.haproxy)
        self.blue = Target(layout.pod(1), "blue")
        self.green = Target(layout.pod(2), "green")
        self.url = f"http://{layout.load_balancer(1)}:8080"
        self.wanted = {"blue": {self.blue.address: 5000}, "green": {self.green.address: 5000}}

    def balancing(self, blue: int = 100, green: int = 0, *extra: str) -> Balancing:
        rules = (
            Rule(
                key="no",
                conditions=(Condition(kind="path-pattern", values=("/no?/*",)),),
                action=Reply(status=404, content_type="text/plain", body="it's not here"),
            ),
            Rule(
                key="all",
                conditions=(Condition(kind="path-pattern", values=("/*",)),),
                action=Forward(weights=(("blue", blue), ("green", green))),
            ),
        )
        frontend = Frontend(
            name="main-80",
            load_balancer="app/main/1",
            address=self.layout.load_balancer(1),
            port=8080,
            listener_port=80,
            tls=False,
            idle_seconds=60,
            rules=rules,
        )
        names = ("blue", "green", *extra)
        return Balancing(frontends=(frontend,), backends=tuple(backend(n) for n in names))

    async def bring(self, blue: int = 100, green: int = 0, extra: tuple[str, ...] = ()) -> None:
        await self.pools.bring(self.balancing(blue, green, *extra), self.wanted)

    async def observe(self) -> None:
        backends = {name: backend(name) for name in self.pools.slots}
        async with aiohttp.ClientSession() as checks:
            await self.pools.observe(backends, await self.haproxy.statistics(), checks)

    async def load(self, seconds: float = SECONDS) -> Counter[str]:
        """What came back for `seconds` of load."""
        return (await self._load(lambda sent: sent < int(RATE * seconds)))[0]

    async def load_around(self, action: Callable[[], Awaitable[None]]) -> tuple[Counter[str], int]:
        """What came back for a load that lasts as long as the action; how many were sent."""

        async def act() -> None:
            await asyncio.sleep(MARGIN_SECONDS)
            await action()
            await asyncio.sleep(MARGIN_SECONDS)

        acting = asyncio.create_task(act())
        found = await self._load(lambda _: not acting.done())
        await acting
        return found

    async def _load(self, goes_on: Callable[[int], bool]) -> tuple[Counter[str], int]:
        """Open loop: a request is sent at its time, whatever became of those before it.

        `goes_on` is told how many were sent.
        """
        seen: Counter[str] = Counter()
        sent = 0

        async def one(client: aiohttp.ClientSession) -> None:
            try:
                async with client.get(f"{self.url}/path") as answer:
                    text = await answer.text()
                    seen[text if answer.status == 200 else f"failed {answer.status}"] += 1
            except (aiohttp.ClientError, TimeoutError) as fault:
                seen[f"failed {type(fault).__name__}"] += 1

        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            clock = asyncio.get_running_loop()
            begin = clock.time()
            async with asyncio.TaskGroup() as tasks:
                while goes_on(sent):
                    await asyncio.sleep(max(0.0, begin + sent / RATE - clock.time()))
                    tasks.create_task(one(client))
                    sent += 1
        return seen, sent

    async def get(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as client, client.get(self.url + path) as answer:
            return answer.status, await answer.text()


def backend(name: str) -> Backend:
    return Backend(
        name=name,
        arn=f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/1",
        check=HealthCheck(
            path="/health",
            interval_seconds=5,
            timeout_seconds=2,
            healthy_threshold=2,
            unhealthy_threshold=2,
            statuses="200",
            port=None,
        ),
        deregistration_seconds=30,
        least_outstanding=False,
    )


@asynccontextmanager
async def yard(layout: Layout) -> AsyncIterator[Yard]:
    """Both targets up and in service."""
    made = Yard(layout)
    try:
        await made.blue.start()
        await made.green.start()
        await made.bring()
        await made.observe()
        yield made
    finally:
        await made.haproxy.stop()
        await made.blue.stop()
        await made.green.stop()


def run(tmp_path: Path, story: Callable[[Yard], Coroutine[Any, Any, T]]) -> T:
    async def whole(layout: Layout) -> T:
        async with yard(layout) as made:
            return await story(made)

    with own_slot(tmp_path) as (layout, _):
        return asyncio.run(whole(layout))
