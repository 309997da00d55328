"""RDS descriptions become MariaDB servers that hold what Aurora promises."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stackyard.local.database_plan import Accounts, Server, wanted_servers
from stackyard.local.databases import DatabaseServers
from stackyard.local.layout import Layout
from stackyard.local.mariadb import data_root, primary_statements
from stackyard.local.processes import OnChange, Process, pids_of
from stackyard.local.secrets import Secrets
from tests.local.bodies import own_slot, query

ACCOUNTS = Accounts(database="task1_db", master_user="admin", master_password="it's a %1\\pass")
REPLICA_SECONDS = 10.0


def rds(
    layout: Layout, *readers: str, writer: str = "writer"
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """A cluster and its instances as RDS describes them."""
    names = [writer, *readers]
    instances = [
        {
            "DBInstanceIdentifier": name,
            "Endpoint": {"Address": layout.database(3 + place), "Port": 3306},
        }
        for place, name in enumerate(names)
    ]
    cluster = {
        "DBClusterIdentifier": "main",
        "DbClusterResourceId": "cluster-ABC",
        "DBClusterParameterGroup": "main-parameters",
        "Endpoint": layout.database(1),
        "ReaderEndpoint": layout.database(2),
        "DBClusterMembers": [
            {"DBInstanceIdentifier": name, "IsClusterWriter": name == writer} for name in names
        ],
    }
    return [cluster], instances


def wanted(layout: Layout, *readers: str, require_tls: bool = True) -> list[Server]:
    clusters, instances = rds(layout, *readers)
    return wanted_servers(clusters, instances, require_tls={"main-parameters": require_tls})


@asynccontextmanager
async def running(
    layout: Layout,
    secrets: Secrets,
    servers: list[Server],
    on_change: OnChange | None = None,
) -> AsyncIterator[DatabaseServers]:
    daemons = DatabaseServers(layout, secrets, on_change)
    try:
        await daemons.apply(servers, {"main": ACCOUNTS})
        yield daemons
    finally:
        await daemons.stop()


def sql(layout: Layout, address: str, statement: str, **how: Any) -> str:
    how = {"user": ACCOUNTS.master_user, "password": ACCOUNTS.master_password, **how}
    done = query(layout, address, statement, **how)
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip()


async def eventually(layout: Layout, address: str, statement: str, expected: str) -> str:
    """The answer, asked again until it is the expected one or time is up."""
    end = time.monotonic() + REPLICA_SECONDS
    # A replica tells nobody that it has caught up.
    while (seen := sql(layout, address, statement)) != expected and time.monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return seen


LAYOUT = Layout(root=Path("/nowhere"), slot=100)


def test_primary_answers_at_both_endpoints_without_readers() -> None:
    servers = wanted(LAYOUT)

    assert [s.addresses for s in servers] == [("127.110.2.3", "127.110.2.1", "127.110.2.2")]


def test_oldest_reader_answers_at_the_reader_endpoint() -> None:
    servers = wanted(LAYOUT, "reader-a", "reader-b")

    assert {s.instance: s.addresses for s in servers} == {
        "writer": ("127.110.2.3", "127.110.2.1"),
        "reader-a": ("127.110.2.4", "127.110.2.2"),
        "reader-b": ("127.110.2.5",),
    }


def test_replicas_follow_their_own_clusters_primary() -> None:
    servers = wanted(LAYOUT, "reader-a")

    assert [s.primary for s in servers] == [None, "127.110.2.3"]


def test_tls_is_required_where_the_parameter_group_is_silent() -> None:
    clusters, instances = rds(LAYOUT)

    servers = wanted_servers(clusters, instances, require_tls={})

    assert [s.require_tls for s in servers] == [True]


def test_cluster_without_instances_has_no_server() -> None:
    clusters, _ = rds(LAYOUT)

    assert wanted_servers(clusters, [], require_tls={}) == []


def test_quotes_in_a_password_stay_inside_the_statement() -> None:
    accounts = Accounts(database=None, master_user="admin", master_password="a'; DROP\\")

    assert "IDENTIFIED BY 'a''; DROP\\\\' REQUIRE NONE" in primary_statements(accounts, "r")


@pytest.mark.local
def test_row_written_on_the_primary_is_read_on_the_replica(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout, "reader-a")):
            sql(layout, layout.database(1), "CREATE TABLE task1_db.t (i INT)")
            sql(layout, layout.database(1), "INSERT INTO task1_db.t VALUES (7)")
            return await eventually(layout, layout.database(2), "SELECT i FROM task1_db.t", "7")

    with own_slot(tmp_path) as (layout, secrets):
        seen = asyncio.run(story(layout, secrets))

    assert seen == "7"


@pytest.mark.local
def test_reader_added_later_has_the_rows_of_before(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout)) as daemons:
            sql(layout, layout.database(1), "CREATE TABLE task1_db.t AS SELECT 7 AS i")
            await daemons.apply(wanted(layout, "reader-a"), {"main": ACCOUNTS})
            return await eventually(layout, layout.database(4), "SELECT i FROM task1_db.t", "7")

    with own_slot(tmp_path) as (layout, secrets):
        seen = asyncio.run(story(layout, secrets))

    assert seen == "7"


@pytest.mark.local
def test_replica_refuses_a_write(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout, "reader-a")):
            await eventually(layout, layout.database(2), "SELECT 1", "1")
            return sql(layout, layout.database(2), "CREATE TABLE task1_db.t (i INT)")

    with own_slot(tmp_path) as (layout, secrets):
        said = asyncio.run(story(layout, secrets))

    assert "--read-only option" in said


@pytest.mark.local
def test_server_that_starts_leaves_the_temporary_tables_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "#sql-temptable-1-1-1.MAI").touch()
    monkeypatch.setenv("TMPDIR", str(shared))

    async def story(layout: Layout, secrets: Secrets) -> None:
        async with running(layout, secrets, wanted(layout)):
            pass

    with own_slot(tmp_path) as (layout, secrets):
        asyncio.run(story(layout, secrets))

    assert [table.name for table in shared.glob("#sql*")] == ["#sql-temptable-1-1-1.MAI"]


@pytest.mark.local
def test_master_user_works_over_tls_only(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> list[str]:
        async with running(layout, secrets, wanted(layout)):
            ask = "SELECT CURRENT_USER()"
            return [sql(layout, layout.database(1), ask, tls=tls) for tls in (True, False)]

    with own_slot(tmp_path) as (layout, secrets):
        over_tls, plain = asyncio.run(story(layout, secrets))

    assert over_tls == "admin@%"
    assert "Access denied" in plain


@pytest.mark.local
def test_plain_connection_works_where_the_parameter_group_allows_it(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout, require_tls=False)):
            return sql(layout, layout.database(1), "SELECT CURRENT_USER()", tls=False)

    with own_slot(tmp_path) as (layout, secrets):
        seen = asyncio.run(story(layout, secrets))

    assert seen == "admin@%"


@pytest.mark.local
@pytest.mark.parametrize("user", ["admin", "root", "stackyard_replication", ""])
def test_wrong_password_is_refused(tmp_path: Path, user: str) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout)):
            return sql(layout, layout.database(1), "SELECT 1", user=user, password="wrong")

    with own_slot(tmp_path) as (layout, secrets):
        said = asyncio.run(story(layout, secrets))

    assert "Access denied" in said


@pytest.mark.local
def test_new_master_password_replaces_the_old_one(tmp_path: Path) -> None:
    changed = Accounts(database="task1_db", master_user="admin", master_password="second")

    async def story(layout: Layout, secrets: Secrets) -> list[str]:
        async with running(layout, secrets, wanted(layout)) as daemons:
            await daemons.apply(wanted(layout), {"main": changed})
            passwords = (changed.master_password, ACCOUNTS.master_password)
            return [sql(layout, layout.database(1), "SELECT 1", password=p) for p in passwords]

    with own_slot(tmp_path) as (layout, secrets):
        new, old = asyncio.run(story(layout, secrets))

    assert new == "1"
    assert "Access denied" in old


@pytest.mark.local
def test_deleted_instance_leaves_no_process_and_no_data(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> tuple[str, list[str]]:
        async with running(layout, secrets, wanted(layout, "reader-a")) as daemons:
            await daemons.apply(wanted(layout), {"main": ACCOUNTS})
            answer = sql(layout, layout.database(4), "SELECT 1")
            return answer, [folder.name for folder in data_root(layout).iterdir()]

    with own_slot(tmp_path) as (layout, secrets):
        answer, folders = asyncio.run(story(layout, secrets))

    assert "Can't connect" in answer
    assert folders == ["cluster-abc"]


@pytest.mark.local
def test_rows_survive_a_stop_of_all_servers(tmp_path: Path) -> None:
    async def story(layout: Layout, secrets: Secrets) -> str:
        async with running(layout, secrets, wanted(layout)):
            sql(layout, layout.database(1), "CREATE TABLE task1_db.t AS SELECT 7 AS i")
        async with running(layout, secrets, wanted(layout)):
            return sql(layout, layout.database(1), "SELECT i FROM task1_db.t")

    with own_slot(tmp_path) as (layout, secrets):
        seen = asyncio.run(story(layout, secrets))

    assert seen == "7"


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

    assert told == ["database writer ended with exit code -9", "database writer started again"]
