"""The work beside the requests: a fault in it is told, and does not end it."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from task1.app import App
from task1.config import read_config
from task1.http import Message
from task1.metrics import Metrics
from test_config import GOOD


def live_until(app: App, condition: Callable[[], bool]) -> None:
    """The life of a process around `condition`, as the server leads it."""

    async def run() -> None:
        ends = asyncio.Event()
        asked: list[str] = []

        async def receive() -> Message:
            asked.append("startup")
            if len(asked) > 1:
                await ends.wait()
            return {"type": "lifespan"}

        async def send(_message: Message) -> None:
            """Nothing: nobody asks whether it has started."""

        living = asyncio.create_task(app({"type": "lifespan"}, receive, send))
        async with asyncio.timeout(30):
            while not condition():  # noqa: ASYNC110  # the app tells nobody but those who ask
                await asyncio.sleep(0.01)
        ends.set()
        await living

    asyncio.run(run())


def failing_once(then: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    errors = [RuntimeError("never thought of")]

    async def work(*_: object) -> object:
        if errors:
            raise errors.pop()
        return await then()

    return work


def faults(told: str) -> list[str]:
    lines = [json.loads(line) for line in told.splitlines()]
    return [line["error"].splitlines()[-1] for line in lines if line["event"] == "fault"]


async def no_rows(*_: object) -> list[object]:
    return []


async def for_ever() -> None:
    await asyncio.Event().wait()


def test_a_fault_while_the_database_is_watched_leaves_the_pod_to_become_ready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    app = App(read_config(GOOD), Metrics())
    monkeypatch.setattr(app._redis, "keep_connected", for_ever)
    monkeypatch.setattr(app._database, "_read", failing_once(no_rows))

    live_until(app, lambda: app._database.seen)

    assert faults(capsys.readouterr().out) == ["RuntimeError: never thought of"]


def test_a_fault_while_redis_is_kept_connected_is_not_the_last_attempt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    app = App(read_config(GOOD), Metrics())
    attempts: list[int] = []

    async def connect() -> None:
        attempts.append(1)
        await for_ever()

    monkeypatch.setattr(app._redis, "_connect", failing_once(connect))
    monkeypatch.setattr(app._database, "_read", no_rows)

    live_until(app, lambda: bool(attempts))

    assert faults(capsys.readouterr().out) == ["RuntimeError: never thought of"]
