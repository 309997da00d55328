"""Listeners and bindings become a load balancer: real control plane, real HAProxy, stub pods."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import pytest

from stackyard.local.balancer_reconciler import BalancerReconciler
from stackyard.local.kube_client import KubeClient
from stackyard.local.secrets import make_secrets
from tests.local.bodies import reconciling, running_aws, until
from tests.local.bound_yard import COLOURS, Yard, make_balancer, make_objects
from tests.local.plane import Running, running_plane

pytestmark = pytest.mark.local

T = TypeVar("T")


@asynccontextmanager
async def serving(running: Running) -> AsyncIterator[Yard]:
    layout, kube = running.layout, running.plane.kube
    secrets = make_secrets(layout)
    async with AsyncExitStack() as stack:
        made = Yard(layout, kube, await stack.enter_async_context(running_aws(layout, secrets)))
        for target in made.targets.values():
            await target.start()
            stack.push_async_callback(target.stop)
        await asyncio.to_thread(make_balancer, made)
        await make_objects(made)
        own = await stack.enter_async_context(KubeClient.of(layout, secrets))
        await stack.enter_async_context(reconciling(BalancerReconciler(layout, secrets, own)))
        for name in COLOURS:
            await until(lambda name=name: made.state_is(name, "healthy"), what=f"a healthy {name}")
        yield made


class Stage:
    """The yard, and the loop it lives on."""

    def __init__(self, running: Running, yard: Yard) -> None:
        self._running = running
        self.yard = yard

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        return self._running.loop.run(story)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with running_plane(tmp_path_factory.mktemp("plane")) as running:
        made = serving(running)
        yard = running.loop.run(made.__aenter__())
        try:
            yield Stage(running, yard)
        finally:
            running.loop.run(made.__aexit__(None, None, None))


def test_pods_of_the_live_group_answer_and_their_gates_are_open(stage: Stage) -> None:
    async def story() -> tuple[Counter[str], list[str]]:
        return await stage.yard.answers(20), [await stage.yard.gate(name) for name in COLOURS]

    seen, gates = stage.run(story())

    assert seen == {"blue": 20}
    assert gates == ["True", "True"]


def test_modify_rule_moves_the_requests(stage: Stage) -> None:
    async def story() -> Counter[str]:
        stage.yard.weigh(blue=0, green=100)
        try:
            await until(lambda: stage.yard.answers_only("green"), what="green")
            return await stage.yard.answers(20)
        finally:
            stage.yard.weigh(blue=100, green=0)
            await until(lambda: stage.yard.answers_only("blue"), what="blue")

    seen = stage.run(story())

    assert seen == {"green": 20}


def test_deleted_pod_drains_leaves_and_comes_back(stage: Stage) -> None:
    async def story() -> list[str]:
        made = stage.yard
        await made.delete_pod("green")
        await until(lambda: made.state_is("green", "draining"), what="a draining target")
        await until(lambda: made.state_is("green"), what="its end")
        left = made.states("green")
        await made.make_pod("green")
        await until(lambda: made.state_is("green", "healthy"), what="its return")
        return left

    left = stage.run(story())

    assert left == []


def test_failing_checks_close_the_gate(stage: Stage) -> None:
    async def story() -> tuple[list[str], str]:
        made = stage.yard
        made.targets["green"].healthy = False
        await until(lambda: made.state_is("green", "unhealthy"), what="an unhealthy target")

        async def closed() -> bool:
            return await made.gate("green") == "False"

        await until(closed, what="a closed gate")
        seen = made.states("green"), await made.gate("green")
        made.targets["green"].healthy = True
        await until(lambda: made.state_is("green", "healthy"), what="its recovery", seconds=40)
        return seen

    states, gate = stage.run(story())

    assert (states, gate) == (["unhealthy"], "False")


def test_a_header_with_a_secret_leads_to_one_group_by_the_rules_priority(stage: Stage) -> None:
    right, wrong = {"X-Stackyard-Test": "s3cr.t+"}, {"X-Stackyard-Test": "s3crxt+"}

    async def story() -> tuple[Counter[str], Counter[str], Counter[str]]:
        made = stage.yard
        async with made.header_rule("green", right, priority=5):
            return (
                await made.answers(20, right),
                await made.answers(20, wrong),
                await made.answers(20),
            )

    seen = stage.run(story())

    assert seen == ({"green": 20}, {"blue": 20}, {"blue": 20})


def test_requests_are_counted_in_cloudwatch(stage: Stage) -> None:
    def counted() -> tuple[float, float]:
        made = stage.yard
        return made.metric("RequestCount", "Sum"), made.metric("RequestCount", "Sum", "blue")

    async def story() -> tuple[float, float]:
        before = counted()
        await stage.yard.answers(30)

        async def all_are_counted() -> bool:
            # The group's metric is written after the balancer's.
            return all(now >= was + 30 for now, was in zip(counted(), before, strict=True))

        await until(all_are_counted, what="30 requests more")
        now = counted()
        return now[0] - before[0], now[1] - before[1]

    by_balancer, by_group = stage.run(story())

    assert by_balancer >= 30
    assert by_group >= 30


def test_the_95th_percentile_of_a_slow_group_is_in_cloudwatch(stage: Stage) -> None:
    secret = {"X-Slow": "yes"}

    async def story() -> float:
        made = stage.yard
        async with made.header_rule("green", secret, priority=5):
            made.targets["green"].seconds = 0.2
            before = made.metric("TargetResponseTime", "SampleCount", "green")
            await made.answers(20, secret)

            async def all_are_timed() -> bool:
                return made.metric("TargetResponseTime", "SampleCount", "green") >= before + 20

            await until(all_are_timed, what="20 response times more")
            made.targets["green"].seconds = 0.0
        return made.metric("TargetResponseTime", "p95", "green")

    seconds = stage.run(story())

    assert seconds >= 0.2
