"""Probes ask over HTTP, TCP and commands, and decide by their thresholds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from stackyard.local.probes import Probe, ProbeKind, Tally, Target, ask, pause, probe_of

ADDRESS = "127.0.0.1"


def probe(kind: ProbeKind, **fields: int) -> Probe:
    found = probe_of({f"{kind}Probe": {"tcpSocket": {"port": 80}, **fields}}, kind)
    assert found is not None
    return found


def decisions(tally: Tally, answers: Sequence[bool]) -> list[bool | None]:
    return [tally.count(ok=ok, elapsed=second) for second, ok in enumerate(answers)]


async def no_command(_: Sequence[str], __: float) -> tuple[int, str]:
    return 1, "not asked for"


@asynccontextmanager
async def target(**handlers: int) -> AsyncIterator[tuple[Target, int]]:
    """A container whose paths answer with these codes, and its port."""

    async def answer(request: web.Request) -> web.Response:
        seen = request.headers.get("User-Agent", "")
        code = handlers[request.path.strip("/")]
        return web.Response(status=code if seen.startswith("kube-probe/") else 500)

    app = web.Application()
    app.router.add_get("/{path}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, ADDRESS, 0)
    await site.start()
    port = int(runner.addresses[0][1])
    container = {"ports": [{"name": "http", "containerPort": port}]}
    try:
        async with aiohttp.ClientSession() as session:
            yield (
                Target(container=container, address=ADDRESS, session=session, run=no_command),
                port,
            )
    finally:
        await runner.cleanup()


def asked(action: dict[str, Any], **handlers: int) -> str | None:
    async def run() -> str | None:
        async with target(**handlers) as (to, _):
            return await ask(action, to, timeout_seconds=2)

    return asyncio.run(run())


@pytest.mark.parametrize("code", [200, 204, 302])
def test_an_answer_below_400_is_good(code: int) -> None:
    assert asked({"httpGet": {"path": "/health", "port": "http"}}, health=code) is None


def test_an_answer_from_400_is_told_with_its_code() -> None:
    found = asked({"httpGet": {"path": "health", "port": "http"}}, health=503)

    assert found == "HTTP probe failed with statuscode: 503"


def test_a_port_that_no_container_port_is_named_for_is_told() -> None:
    found = asked({"httpGet": {"path": "/", "port": "web"}})

    assert found == "port 'web' is none of the container's: http"


def test_a_socket_that_accepts_is_good_and_one_that_refuses_is_not() -> None:
    async def run() -> tuple[str | None, str | None]:
        async with target() as (to, port):
            good = await ask({"tcpSocket": {"port": port}}, to, timeout_seconds=2)
        return good, await ask({"tcpSocket": {"port": port}}, to, timeout_seconds=2)

    good, bad = asyncio.run(run())

    assert good is None
    assert bad is not None
    assert bad.startswith(f"dial tcp {ADDRESS}:")


@pytest.mark.parametrize(("code", "told"), [(0, None), (3, "command exited with 3: said")])
def test_a_command_is_judged_by_its_exit_code(code: int, told: str | None) -> None:
    async def command(words: Sequence[str], seconds: float) -> tuple[int, str]:
        assert (list(words), seconds) == (["check", "it"], 2)
        return code, "said\n"

    async def run() -> str | None:
        async with aiohttp.ClientSession() as session:
            to = Target(container={}, address=ADDRESS, session=session, run=command)
            return await ask({"exec": {"command": ["check", "it"]}}, to, timeout_seconds=2)

    assert asyncio.run(run()) == told


def test_readiness_is_lost_after_the_threshold_in_a_row_only() -> None:
    tally = Tally(probe=probe("readiness", failureThreshold=2))

    found = decisions(tally, [True, False, True, False, False])

    assert found == [True, None, True, None, False]


def test_readiness_comes_after_the_success_threshold() -> None:
    tally = Tally(probe=probe("readiness", successThreshold=2))

    assert decisions(tally, [True, False, True, True]) == [None, None, None, True]


def test_a_startup_probe_fails_by_time_however_often_it_asked() -> None:
    tally = Tally(probe=probe("startup", periodSeconds=2, failureThreshold=3))

    assert decisions(tally, [False] * 7) == [None, None, None, None, None, None, False]


@pytest.mark.parametrize(
    ("kind", "decided", "elapsed", "seconds"),
    [
        ("startup", False, 1, 0.25),
        ("readiness", False, 1, 0.25),
        ("readiness", True, 1, 5),
        ("readiness", False, 61, 5),
        ("liveness", False, 1, 5),
    ],
)
def test_a_start_is_asked_for_often_and_what_runs_by_its_period(
    kind: ProbeKind, decided: bool, elapsed: float, seconds: float
) -> None:
    assert pause(probe(kind, periodSeconds=5), decided=decided, elapsed=elapsed) == seconds


def test_a_probe_has_the_defaults_of_kubernetes() -> None:
    found = probe("liveness")

    assert (found.initial_delay, found.period, found.timeout) == (0, 10, 1)
    assert (found.success_threshold, found.failure_threshold) == (1, 3)


@pytest.mark.parametrize("spec", [{}, {"livenessProbe": {"grpc": {"port": 1}}}])
def test_a_container_without_a_probe_the_node_can_ask_has_none(spec: dict[str, Any]) -> None:
    assert probe_of(spec, "liveness") is None
