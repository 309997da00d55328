"""A real HAProxy tells how long its targets took, over reloads and restarts."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from stackyard.local.processes import pids_of
from stackyard.local.response_times import ResponseTimes
from tests.local.balancer_yard import Yard, run
from tests.local.bodies import until

pytestmark = pytest.mark.local


async def logged(made: Yard, requests: int) -> bytes:
    """What HAProxy said of that many requests; the answer is there before the line."""
    log = b""

    async def all_are_there() -> bool:
        nonlocal log
        log += made.haproxy.requests()
        return len(re.findall(rb" -?\d+$", log, re.MULTILINE)) >= requests

    await until(all_are_there, what=f"{requests} lines of requests")
    return log


def times(log: bytes) -> dict[str, dict[float, int]]:
    seen = ResponseTimes()
    seen.add(log)
    return seen.take()


def counts(log: bytes) -> dict[str, int]:
    return {backend: sum(counts.values()) for backend, counts in times(log).items()}


def test_each_target_groups_requests_are_timed_apart(tmp_path: Path) -> None:
    async def story(made: Yard) -> dict[str, int]:
        await made.load(0.2)
        await made.bring(0, 100)
        await made.load(0.1)
        return counts(await logged(made, 30))

    seen = run(tmp_path, story)

    assert seen == {"blue": 20, "green": 10}


def test_a_slow_answer_takes_as_long_as_the_target_thought(tmp_path: Path) -> None:
    async def story(made: Yard) -> dict[float, int]:
        made.blue.seconds = 0.1
        await made.get("/path")
        return times(await logged(made, 1))["blue"]

    (seconds,) = run(tmp_path, story)

    assert seconds >= 0.1


def test_health_checks_and_the_balancers_own_answers_are_not_timed(tmp_path: Path) -> None:
    async def story(made: Yard) -> bytes:
        checks = made.blue.checks
        await made.get("/now/here")
        await made.bring(0, 0)
        await made.get("/path")

        async def is_checked() -> bool:
            return made.blue.checks > checks

        await until(is_checked, what="a health check")
        return await logged(made, 2)

    log = run(tmp_path, story)

    assert times(log) == {}


def test_a_target_that_refuses_has_no_response_time(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[int, dict[str, int]]:
        await made.blue.stop()
        status, _ = await made.get("/path")
        return status, counts(await logged(made, 1))

    status, seen = run(tmp_path, story)

    assert status == 502
    assert seen == {}


def test_a_reload_keeps_the_times_of_the_requests_under_way(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[int, dict[str, int]]:
        made.blue.seconds = 0.3
        asked = asyncio.create_task(made.get("/path"))

        async def is_asked() -> bool:
            return bool(made.blue.headers)

        await until(is_asked, what="the request")
        await made.bring(extra=("third",))
        status, _ = await asked
        return status, counts(await logged(made, 1))

    status, seen = run(tmp_path, story)

    assert status == 200
    assert seen == {"blue": 1}


def test_a_haproxy_that_is_started_again_goes_on_telling(tmp_path: Path) -> None:
    async def story(made: Yard) -> dict[str, int]:
        await made.load(0.1)
        for pid in sorted(pids_of(made.layout)):
            os.kill(pid, signal.SIGKILL)
        while made.haproxy.running:  # noqa: ASYNC110  # the loop notices the end
            await asyncio.sleep(0)
        await made.bring()
        await made.load(0.1)
        return counts(await logged(made, 20))

    seen = run(tmp_path, story)

    assert seen == {"blue": 20}
