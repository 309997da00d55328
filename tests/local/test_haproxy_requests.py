"""A real HAProxy tells what was asked of its targets, over reloads and restarts."""

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from stackyard.local.processes import pids_of
from stackyard.local.request_counts import RequestCounts, Traffic
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


def traffic(log: bytes) -> Traffic:
    seen = RequestCounts()
    seen.add(log)
    return seen.take()


def times(log: bytes) -> dict[str, dict[float, int]]:
    return {backend: dict(seen) for (_, backend), seen in traffic(log).times.items()}


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


def test_a_target_that_refuses_is_a_connection_error_without_a_response_time(
    tmp_path: Path,
) -> None:
    async def story(made: Yard) -> tuple[int, Traffic]:
        await made.blue.stop()
        status, _ = await made.get("/path")
        return status, traffic(await logged(made, 1))

    status, seen = run(tmp_path, story)

    assert status == 502
    assert seen == Traffic(
        counts={
            ("main-80", "blue"): {
                "RequestCount": 1,
                "TargetConnectionErrorCount": 1,
                "HTTPCode_ELB_5XX_Count": 1,
            }
        },
        times={},
    )


def test_a_request_that_no_target_was_chosen_for_is_not_counted_as_one(tmp_path: Path) -> None:
    async def story(made: Yard) -> Traffic:
        await made.get("/now/here")
        await made.bring(0, 0)
        await made.get("/path")
        return traffic(await logged(made, 2))

    seen = run(tmp_path, story)

    assert seen.counts == {
        ("main-80", "answer-no"): {"HTTPCode_ELB_4XX_Count": 1},
        ("main-80", "none"): {"HTTPCode_ELB_5XX_Count": 1},
    }


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


def test_every_request_is_counted_once_while_haproxy_reloads(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[int, Traffic]:
        async def reload_twice() -> None:
            await made.bring(extra=("third",))
            await made.bring(extra=("third", "fourth"))

        _, sent = await made.load_around(reload_twice)
        return sent, traffic(await logged(made, sent))

    sent, seen = run(tmp_path, story)

    assert seen.counts == {
        ("main-80", "blue"): {"RequestCount": sent, "HTTPCode_Target_2XX_Count": sent}
    }


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
