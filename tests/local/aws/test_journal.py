"""After a restart the cloud is what it was, to the last id."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from stackyard.errors import StackyardError
from stackyard.local.aws.journal import Journal
from stackyard.local.aws.server import journal_path
from stackyard.local.wire import JsonObject
from tests.local.aws.running_server import Server, running
from tests.local.aws.world import World

NOON = datetime.fromisoformat("2026-01-01T12:00:00")
WHAT = (
    "distribution",
    "cache",
    "proxy",
    "cluster",
    "listener",
    "gateway",
    "key",
    "zone",
    "instance",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path) as started:
        yield started


def everything(world: World) -> dict[str, JsonObject]:
    return {
        name: world.backend.read(token, id_, inputs)[1]
        for name, (token, id_, inputs, _) in world.made.items()
    }


def test_a_restart_keeps_every_output(server: Server) -> None:
    world = World(server.backend())
    for name in WHAT:
        world.get(name)
    before = everything(world)
    rules = server.client("elbv2").describe_rules(ListenerArn=world.id("listener"))["Rules"]

    server.stop()
    server.start()

    assert everything(world) == before
    again = server.client("elbv2").describe_rules(ListenerArn=world.id("listener"))["Rules"]
    assert again == rules


def test_a_first_read_of_a_region_changes_no_later_id(server: Server) -> None:
    server.client("ec2", region="eu-central-1").describe_vpcs()
    server.client("sns", region="eu-central-1").list_topics()
    ec2 = server.client("ec2", region="eu-central-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    known = {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]}

    server.kill()
    server.start()

    assert vpc in known
    assert {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]} == known


def test_an_empty_cloud_empties_the_journal(server: Server) -> None:
    world = World(server.backend())
    for name in WHAT:
        world.get(name)
    full = journal_path(server.layout).stat().st_size

    world.end_all()

    assert full > 0
    assert journal_path(server.layout).stat().st_size == 0


def test_sigterm_ends_the_process_well(server: Server) -> None:
    code = server.stop()

    assert code == 0


def test_the_journal_is_its_owners_only(server: Server) -> None:
    server.client("sns").create_topic(Name="x")

    mode = journal_path(server.layout).stat().st_mode & 0o777

    assert mode == 0o600


def environ(path: str) -> JsonObject:
    return {"REQUEST_METHOD": "PUT", "PATH_INFO": path, "wsgi.input": object()}


def written(path: Path, *paths: str) -> Journal:
    journal = Journal(path)
    for each in paths:
        journal.add(environ(each), each.encode(), NOON)
    journal.close()
    return Journal(path)


def test_calls_come_back_in_order(tmp_path: Path) -> None:
    journal = written(tmp_path / "j", "/a", "/b")

    calls = [(e.number, e.at, e.environ["PATH_INFO"], e.body) for e in journal.entries()]

    assert calls == [(1, NOON, "/a", b"/a"), (2, NOON, "/b", b"/b")]
    journal.close()


def test_half_a_line_is_a_call_that_was_never_answered(tmp_path: Path) -> None:
    written(tmp_path / "j", "/a", "/b").close()
    whole = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(whole[:-20])

    journal = Journal(tmp_path / "j")

    assert [e.environ["PATH_INFO"] for e in journal.entries()] == ["/a"]
    journal.close()


def test_numbers_go_on_after_the_journal_was_emptied(tmp_path: Path) -> None:
    journal = written(tmp_path / "j", "/a", "/b")

    journal.empty()

    assert journal.add(environ("/c"), b"", NOON) == 3
    journal.close()


def test_a_spoilt_line_is_named(tmp_path: Path) -> None:
    written(tmp_path / "j", "/a").close()
    with (tmp_path / "j").open("ab") as file:
        file.write(b"{}\n")

    with pytest.raises(StackyardError, match="line 2 is no call; run: make down"):
        Journal(tmp_path / "j")
