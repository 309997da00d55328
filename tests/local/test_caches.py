"""ElastiCache descriptions become Redis servers that let in whom the user group names."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stackyard.local.cache_plan import CacheServer, acl_file, cache_user, wanted_caches
from stackyard.local.caches import CacheServers
from stackyard.local.layout import Layout
from stackyard.local.processes import OnChange, Process, pids_of
from stackyard.local.secrets import Secrets
from tests.local.bodies import own_slot

LAYOUT = Layout(root=Path("/nowhere"), slot=100)


def app_user(*passwords: str, rules: str = "on ~* &* +@all") -> dict[str, Any]:
    return {
        "userId": "app-id",
        "userName": "app",
        "accessString": rules,
        "passwords": list(passwords),
    }


def wanted(
    layout: Layout,
    *,
    user: dict[str, Any] | None = None,
    policy: str | None = None,
    status: str = "available",
) -> list[CacheServer]:
    group = {
        "ReplicationGroupId": "sessions",
        "Status": status,
        "UserGroupIds": ["app-users"],
        "NodeGroups": [
            {
                "PrimaryEndpoint": {"Address": layout.cache(1), "Port": 6379},
                "ReaderEndpoint": {"Address": layout.cache(2), "Port": 6379},
            }
        ],
    }
    parameters = [{"name": "maxmemory-policy", "value": policy}] if policy else []
    return wanted_caches(
        [group],
        kept={"sessions": {"parameterGroupName": "own"}},
        users=[user or app_user("first")],
        user_groups=[{"userGroupId": "app-users", "userIds": ["app-id"]}],
        parameter_groups=[{"name": "own", "parameters": parameters}],
    )


@asynccontextmanager
async def running(
    layout: Layout,
    secrets: Secrets,
    servers: list[CacheServer],
    on_change: OnChange | None = None,
) -> AsyncIterator[CacheServers]:
    daemons = CacheServers(layout, secrets, on_change)
    try:
        await daemons.apply(servers)
        yield daemons
    finally:
        await daemons.stop()


def redis(
    layout: Layout, *words: str, host: int = 1, tls: bool = True, user: str = "app:first"
) -> str:
    name, _, password = user.partition(":")
    security = ["--tls", "--cacert", str(layout.certificate_authority)] if tls else []
    login = ["--user", name, "-a", password, "--no-auth-warning"] if name else []
    done = subprocess.run(
        ["redis-cli", "-h", layout.cache(host), *security, *login, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=10,
    )
    return (done.stdout + done.stderr).strip()


def test_group_that_is_being_deleted_has_no_server() -> None:
    assert wanted(LAYOUT, status="deleting") == []


def test_eviction_policy_comes_from_the_parameter_group() -> None:
    servers = wanted(LAYOUT, policy="allkeys-lfu")

    assert [s.eviction_policy for s in servers] == ["allkeys-lfu"]


def test_default_user_is_off_unless_the_group_has_one() -> None:
    server = wanted(LAYOUT)[0]

    lines = acl_file(server, "admin").splitlines()

    assert lines[0] == "user default off"


def test_two_passwords_of_a_user_are_both_in_the_line_and_only_as_hashes() -> None:
    line = cache_user(app_user("first", "second")).line

    assert line == (
        "user app"
        " #a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"
        " #16367aacb67a4a017c8da8ab95682ccb390863780f7114dda0a0e0c55644c7c4"
        " on ~* &* +@all"
    )


@pytest.mark.local
def test_app_user_works_at_both_endpoints(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> list[str]:
        async with running(layout, secrets, wanted(layout)):
            redis(layout, "SET", "k", "7")
            return [redis(layout, "GET", "k", host=host) for host in (1, 2)]

    with own_slot(tmp_path) as (layout, secrets):
        seen = asyncio.run(story(layout, secrets))

    assert seen == ["7", "7"]


@pytest.mark.local
def test_anonymous_client_is_refused(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout)):
            return redis(layout, "PING", user="")

    with own_slot(tmp_path) as (layout, secrets):
        said = asyncio.run(story(layout, secrets))

    assert said == "NOAUTH Authentication required."


@pytest.mark.local
def test_wrong_password_is_refused(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout)):
            return redis(layout, "PING", user="app:wrong")

    with own_slot(tmp_path) as (layout, secrets):
        said = asyncio.run(story(layout, secrets))

    assert "WRONGPASS" in said


@pytest.mark.local
def test_plain_tcp_is_refused(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout)):
            return redis(layout, "PING", tls=False)

    with own_slot(tmp_path) as (layout, secrets):
        said = asyncio.run(story(layout, secrets))

    assert "PONG" not in said
    assert "closed the connection" in said or "reset by peer" in said


@pytest.mark.local
def test_password_rotation_keeps_the_data_and_drops_the_old_password(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> list[str]:
        async with running(layout, secrets, wanted(layout)) as daemons:
            redis(layout, "SET", "k", "7")
            await daemons.apply(wanted(layout, user=app_user("first", "second")))
            await daemons.apply(wanted(layout, user=app_user("second")))
            return [redis(layout, "GET", "k", user=f"app:{p}") for p in ("second", "first")]

    with own_slot(tmp_path) as (layout, secrets):
        new, old = asyncio.run(story(layout, secrets))

    assert new == "7"
    assert "WRONGPASS" in old


@pytest.mark.local
def test_eviction_policy_changes_without_a_restart(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> list[str]:
        async with running(layout, secrets, wanted(layout)) as daemons:
            redis(layout, "SET", "k", "7")
            await daemons.apply(wanted(layout, policy="allkeys-lfu"))
            policy = redis(layout, "CONFIG", "GET", "maxmemory-policy").splitlines()[-1]
            return [policy, redis(layout, "GET", "k")]

    with own_slot(tmp_path) as (layout, secrets):
        seen = asyncio.run(story(layout, secrets))

    assert seen == ["allkeys-lfu", "7"]


@pytest.mark.local
def test_access_string_that_redis_does_not_know_is_an_error_that_says_so(tmp_path: Path) -> None:
    broken = wanted(LAYOUT, user=app_user("first", rules="on ~* +@nonsense"))

    async def story(layout: Layout, secrets: Secrets) -> None:
        servers = wanted(layout, user=app_user("first", rules=broken[0].users[0].rules))
        async with running(layout, secrets, servers):
            pass

    with (
        own_slot(tmp_path) as (layout, secrets),
        pytest.raises(Exception, match="nonsense"),
    ):
        asyncio.run(story(layout, secrets))


@pytest.mark.local
def test_server_carries_the_slots_mark(tmp_path: Path) -> None:
    # A sweep finds it by that after the supervisor was killed.
    async def story(layout: Layout, secrets: Secrets) -> list[int]:
        async with running(layout, secrets, wanted(layout)):
            return pids_of(layout)

    with own_slot(tmp_path) as (layout, secrets):
        pids = asyncio.run(story(layout, secrets))

    assert len(pids) == 1


@pytest.mark.local
def test_a_server_that_is_killed_is_told_and_started_again(tmp_path: Path) -> None:
    told: list[str] = []

    async def story(layout: Layout, secrets: Secrets) -> None:
        again = asyncio.Event()

        def tell(process: Process, change: str) -> None:
            told.append(f"{process.name} {change}")
            if process.running:
                again.set()

        async with running(layout, secrets, wanted(layout), tell):
            for pid in pids_of(layout):
                os.kill(pid, signal.SIGKILL)
            await asyncio.wait_for(again.wait(), 20)

    with own_slot(tmp_path) as (layout, secrets):
        asyncio.run(story(layout, secrets))

    assert told == ["cache sessions ended with exit code -9", "cache sessions started again"]
