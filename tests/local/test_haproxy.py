"""A real HAProxy does what an ALB would: weights, drains and reloads cost no request."""

import asyncio
import os
import re
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from stackyard.local.balancer import Redirect, Rule
from stackyard.local.certificates import issue
from stackyard.local.haproxy_config import configuration
from stackyard.local.processes import pids_of
from tests.local.balancer_yard import Yard, run
from tests.local.bodies import trust
from tests.local.targets import Target

pytestmark = pytest.mark.local


def test_all_requests_go_to_the_only_weight(tmp_path: Path) -> None:
    async def story(made: Yard) -> Counter[str]:
        return await made.load(1.0)

    seen = run(tmp_path, story)

    assert seen == {"blue": 100}


def test_weights_switch_under_load_without_a_lost_request(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[Counter[str], int, Counter[str], bool]:
        worker = await made.haproxy.ask("show info")
        during, sent = await made.load_around(lambda: made.bring(0, 100))
        after = await made.load(0.5)
        pid = next(line for line in worker.splitlines() if line.startswith("Pid:"))
        return during, sent, after, pid in await made.haproxy.ask("show info")

    during, sent, after, same_worker = run(tmp_path, story)

    assert set(during) == {"blue", "green"}
    assert sum(during.values()) == sent
    assert after == {"green": 50}
    assert same_worker


def test_weights_of_50_and_50_serve_both(tmp_path: Path) -> None:
    async def story(made: Yard) -> Counter[str]:
        await made.bring(50, 50)
        return await made.load()

    seen = run(tmp_path, story)

    # 200 draws: fewer than 60 of one colour has a chance of one in ten million.
    assert set(seen) == {"blue", "green"}
    assert min(seen.values()) >= 60


def test_reloads_lose_no_request(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[Counter[str], int]:
        async def twice() -> None:
            await made.bring(extra=("third",))
            await asyncio.sleep(0.5)
            await made.bring(extra=("third", "fourth"))

        return await made.load_around(twice)

    seen, sent = run(tmp_path, story)

    assert seen == {"blue": sent}


def test_a_configuration_that_comes_while_it_is_started_again_starts_no_second_one(
    tmp_path: Path,
) -> None:
    async def story(made: Yard) -> tuple[Counter[str], list[int]]:
        before = pids_of(made.layout)
        # The main process first, whose end is what is noticed.
        for pid in sorted(before):
            os.kill(pid, signal.SIGKILL)
        while made.haproxy.running:  # noqa: ASYNC110  # the loop notices the end
            await asyncio.sleep(0)
        await made.bring(0, 100)
        return await made.load(0.5), pids_of(made.layout)

    seen, pids = run(tmp_path, story)

    assert seen == {"green": 50}
    assert len(pids) == 2, "one main process and its worker"


def test_a_reload_that_forgets_the_servers_loses_requests(tmp_path: Path) -> None:
    # The negative control: the load above would notice.
    async def story(made: Yard) -> tuple[Counter[str], int]:
        bare = made.balancing(100, 0, "third")
        text = configuration(bare, {}, made.haproxy.files, {})
        return await made.load_around(lambda: made.haproxy.configure(text, bare.weight_maps()))

    seen, _ = run(tmp_path, story)

    assert seen["failed 503"] > 0


def test_drained_server_gets_no_new_request(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[Counter[str], str]:
        third = Target(made.layout.pod(3), "third")
        await third.start()
        made.wanted["blue"] = {made.blue.address: 5000, third.address: 5000}
        await made.bring()
        await made.observe()
        made.wanted["blue"] = {third.address: 5000}
        await made.bring()
        seen = await made.load(0.5)
        await third.stop()
        return seen, made.pools.slots["blue"][made.blue.address].state

    seen, state = run(tmp_path, story)

    assert seen == {"third": 50}
    assert state == "draining"


def test_target_that_comes_back_while_it_drains_serves_again(tmp_path: Path) -> None:
    async def story(made: Yard) -> Counter[str]:
        there, made.wanted["blue"] = made.wanted["blue"], {}
        await made.bring()
        made.wanted["blue"] = there
        await made.bring()
        await made.observe()
        return await made.load(0.5)

    seen = run(tmp_path, story)

    assert seen == {"blue": 50}


def test_new_target_gets_no_request_before_its_check_passed(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[Counter[str], Counter[str]]:
        third = Target(made.layout.pod(3), "third")
        third.healthy = False
        await third.start()
        made.wanted["blue"] = {made.blue.address: 5000, third.address: 5000}
        await made.bring()
        await made.observe()
        before = await made.load(0.5)
        third.healthy = True
        await made.observe()
        after = await made.load(0.5)
        await third.stop()
        return before, after

    before, after = run(tmp_path, story)

    assert before == {"blue": 50}
    assert set(after) == {"blue", "third"}


def test_target_that_refuses_gives_502(tmp_path: Path) -> None:
    async def story(made: Yard) -> int:
        await made.blue.stop()
        return (await made.get("/path"))[0]

    status = run(tmp_path, story)

    assert status == 502


def test_target_group_without_targets_gives_503(tmp_path: Path) -> None:
    async def story(made: Yard) -> int:
        made.wanted["blue"] = {}
        await made.bring()
        return (await made.get("/path"))[0]

    status = run(tmp_path, story)

    assert status == 503


def test_weights_of_nought_give_503(tmp_path: Path) -> None:
    async def story(made: Yard) -> int:
        await made.bring(0, 0)
        return (await made.get("/path"))[0]

    status = run(tmp_path, story)

    assert status == 503


def test_fixed_response_comes_before_a_rule_of_lower_priority(tmp_path: Path) -> None:
    async def story(made: Yard) -> list[tuple[int, str]]:
        return [await made.get("/now/here"), await made.get("/nowhere")]

    fixed, forwarded = run(tmp_path, story)

    assert fixed == (404, "it's not here")
    assert forwarded == (200, "blue")


def test_target_sees_how_the_client_came(tmp_path: Path) -> None:
    async def story(made: Yard) -> dict[str, str]:
        await made.get("/path")
        return {name.lower(): value for name, value in made.blue.headers.items()}

    headers = run(tmp_path, story)

    assert headers["x-forwarded-for"].startswith("127.")
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-port"] == "80"


def test_more_targets_than_slots_make_room(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[int, Counter[str]]:
        many = {made.layout.pod(100 + n): 5000 for n in range(25)}
        made.wanted["blue"] = {made.blue.address: 5000, **many}
        await made.bring()
        rows = await made.haproxy.statistics()
        servers = sum(1 for proxy, name in rows if proxy == "blue" and name.startswith("s"))
        return servers, await made.load(0.5)

    servers, seen = run(tmp_path, story)

    assert servers == 40
    assert seen == {"blue": 50}


def test_configuration_that_haproxy_refuses_leaves_the_old_one_serving(tmp_path: Path) -> None:
    async def story(made: Yard) -> Counter[str]:
        with pytest.raises(Exception, match=r"HAProxy refuses .*unknown keyword 'nonsense'"):
            await made.haproxy.configure("nonsense\n", {})
        return await made.load(0.5)

    seen = run(tmp_path, story)

    assert seen == {"blue": 50}


def test_listener_with_tls_shows_the_slots_certificate(tmp_path: Path) -> None:
    async def story(made: Yard) -> tuple[int, str]:
        wanted = made.balancing()
        secure = replace(wanted.frontends[0], tls=True, port=8443, listener_port=443)
        address = secure.address
        pair = issue(made.layout, "load-balancer", addresses=[address])
        made.haproxy.files.certificate.write_text(
            pair.certificate.read_text() + pair.key.read_text()
        )
        await made.pools.bring(replace(wanted, frontends=(secure,)), made.wanted)
        connector = aiohttp.TCPConnector(ssl=trust(made.layout))
        async with (
            aiohttp.ClientSession(connector=connector) as client,
            client.get(f"https://{address}:8443/path") as answer,
        ):
            return answer.status, made.blue.headers["X-Forwarded-Proto"]

    seen = run(tmp_path, story)

    assert seen == (200, "https")


def test_redirect_keeps_path_and_query(tmp_path: Path) -> None:
    action = Redirect(
        status=301, protocol="HTTPS", host="#{host}", port="443", path="/#{path}", query="#{query}"
    )

    async def story(made: Yard) -> tuple[int, str]:
        wanted = made.balancing()
        rule = Rule(key="away", conditions=(), action=action)
        away = replace(wanted.frontends[0], rules=(rule,))
        await made.pools.bring(replace(wanted, frontends=(away,)), made.wanted)
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"{made.url}/a/b%20c?d=1", allow_redirects=False) as answer,
        ):
            return answer.status, answer.headers["Location"]

    with_address = run(tmp_path, story)

    assert with_address[0] == 301
    assert re.fullmatch(r"https://127\.\d+\.1\.1:443/a/b%20c\?d=1", with_address[1])
