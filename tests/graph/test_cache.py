"""The cache: what it asks of AWS, what it guards, whom it lets in, what it hands back."""

import functools
import json
from typing import Any

import pulumi
import pytest

from components.cache import Cache, CacheArgs
from stacks.data_settings import CacheSettings
from stackyard.graph.recorder import Graph, record


@functools.cache  # a graph is only read
def cache(
    *, protect: bool = False, alarms: bool = False, topic: str | None = None, **settings: Any
) -> Graph:
    args = CacheArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-a", "subnet-b"],
        clients={"app": "sg-app"},
        settings=CacheSettings(**settings),
        log_days=30,
        protect=protect,
        alarms=alarms,
        alarm_topic_arn=topic,
    )
    opts = pulumi.ResourceOptions(protect=protect)
    return record(lambda: Cache("cache", args, opts))


def group(**settings: Any) -> dict[str, Any]:
    return cache(**settings).one("ReplicationGroup").inputs


@pytest.mark.row("R5", "cache.replicas")
@pytest.mark.parametrize(
    ("replicas", "nodes", "failover"), [(0, 1, False), (1, 2, True), (5, 6, True)]
)
def test_r5_failover_needs_a_replica(replicas: int, nodes: int, failover: bool) -> None:
    given = group(replicas=replicas)

    assert (given["numCacheClusters"], given["automaticFailoverEnabled"]) == (nodes, failover)
    assert given["multiAzEnabled"] is failover


@pytest.mark.row("R1", "")
@pytest.mark.ask(12)
def test_r1_engine_version_and_family_go_together() -> None:
    graph = cache()

    given = graph.one("ReplicationGroup").inputs
    assert (given["engine"], given["engineVersion"]) == ("valkey", "8.0")
    assert graph.one("ParameterGroup").inputs["family"] == "valkey8"
    assert {r.inputs["engine"] for r in [*graph.all("User"), *graph.all("UserGroup")]} == {"valkey"}


@pytest.mark.row("R2", "")
def test_r2_only_tls_gets_in() -> None:
    given = group()

    assert given["transitEncryptionEnabled"] is True
    assert given["transitEncryptionMode"] == "required"


@pytest.mark.row("R2", "")
def test_r2_its_own_key_locks_data_and_secret() -> None:
    graph = cache()

    key, given = graph.one("Key").outputs["arn"], graph.one("ReplicationGroup").inputs
    assert given["atRestEncryptionEnabled"] is True
    assert given["kmsKeyId"] == graph.one("Secret").inputs["kmsKeyId"] == key


@pytest.mark.row("R3", "")
@pytest.mark.ask(11)
def test_r3_the_app_is_a_user_with_a_password_and_the_default_user_is_off() -> None:
    graph = cache()

    users = {r.inputs["userName"]: r for r in graph.all("User")}
    password = graph.named("RandomPassword", "cache-app").outputs["result"]
    assert {*users} == {"app", "default"}
    assert users["app"].inputs["authenticationMode"]["passwords"] == [password]
    assert users["app"].secrets == users["default"].secrets == {"authenticationMode"}
    assert users["default"].inputs["accessString"].startswith("off ")
    assert users["default"].inputs["authenticationMode"]["passwords"] != [password]


@pytest.mark.row("R3", "")
def test_r3_the_group_of_both_users_is_the_only_way_in() -> None:
    graph = cache()

    users, given = graph.one("UserGroup").inputs, graph.one("ReplicationGroup").inputs
    assert users["userIds"] == [
        graph.named("User", f"cache-{user}").inputs["userId"] for user in ("default", "app")
    ]
    assert given["userGroupIds"] == [users["userGroupId"]]
    assert "authToken" not in given


def test_the_app_may_not_stop_or_empty_the_server() -> None:
    access = cache().named("User", "cache-app").inputs["accessString"]

    assert access == "on ~* &* +@all -@dangerous +info"


def test_ids_that_elasticache_does_not_make_up_carry_a_suffix() -> None:
    graph = cache()

    suffix = graph.one("RandomId").outputs["hex"]
    users = {r.inputs["userId"] for r in graph.all("User")}
    assert users == {f"cache-app-{suffix}", f"cache-default-{suffix}"}
    assert graph.one("UserGroup").inputs["userGroupId"] == f"cache-{suffix}"


@pytest.mark.row("R8", "cache.role")
@pytest.mark.ask(14)
@pytest.mark.parametrize(
    ("role", "policy"),
    [("cache", "allkeys-lru"), ("limiter", "noeviction"), ("both", "volatile-lru")],
)
def test_r8_role_decides_which_keys_go_and_memory_is_reserved(role: str, policy: str) -> None:
    graph = cache(role=role)

    given = {p["name"]: p["value"] for p in graph.one("ParameterGroup").inputs["parameters"]}
    assert given == {"maxmemory-policy": policy, "reserved-memory-percent": "25"}
    assert graph.component_outputs[graph.one("Cache").urn]["evictionPolicy"] == policy


@pytest.mark.row("R7", "cache.snapshotDays")
@pytest.mark.parametrize("days", [0, 7])
def test_r7_snapshots_are_the_settings(days: int) -> None:
    assert group(snapshot_days=days)["snapshotRetentionLimit"] == days


def test_a_protected_stack_takes_a_final_snapshot_of_the_cache(prod: Graph) -> None:
    suffix = prod.named("RandomId", "cache-suffix").outputs["hex"]

    given = prod.one("ReplicationGroup").inputs
    assert given["finalSnapshotIdentifier"] == f"cache-{suffix}-final"


def test_a_stack_without_protection_takes_no_final_snapshot_of_the_cache(staging: Graph) -> None:
    assert "finalSnapshotIdentifier" not in staging.one("ReplicationGroup").inputs
    assert "cache-suffix" not in {r.name for r in staging.values()}


def test_what_replaces_the_cache_gives_its_final_snapshot_a_new_name() -> None:
    graph = cache(protect=True)

    given = graph.one("ReplicationGroup").inputs
    assert graph.named("RandomId", "cache-suffix").inputs["keepers"] == {
        "subnets": given["subnetGroupName"],
        "key": given["kmsKeyId"],
    }


@pytest.mark.ask(1)
def test_minor_upgrades_by_aws_are_no_change() -> None:
    reg = cache().one("ReplicationGroup")

    assert reg.inputs["autoMinorVersionUpgrade"] is True
    assert reg.opts["ignoreChanges"] == ["engineVersion"]


def test_clients_reach_the_cache_and_nobody_else_does() -> None:
    graph = cache()

    (out,), (into,) = graph.all("SecurityGroupEgressRule"), graph.all("SecurityGroupIngressRule")
    access = graph.one("SecurityGroup")
    assert out.inputs["securityGroupId"] == into.inputs["referencedSecurityGroupId"] == "sg-app"
    assert out.inputs["referencedSecurityGroupId"] == into.inputs["securityGroupId"] == access.id
    assert {r.inputs["toPort"] for r in (out, into)} == {6379}
    assert graph.one("ReplicationGroup").inputs["securityGroupIds"] == [access.id]
    assert not {"ingress", "egress"} & {*access.inputs}


def test_url_is_secret_and_its_password_percent_encoded() -> None:
    graph = cache()

    urn, host = graph.one("Cache").urn, "cache-1a2b3c4-primaryEndpointAddress"
    url = f"rediss://app:canary-4f1d-cache-app-p%40ss%2Fw%23rd@{host}:6379/0"
    assert graph.component_outputs[urn]["url"] == url
    assert graph.secret_outputs[urn] == {"url"}


def test_secret_holds_user_and_password() -> None:
    graph = cache()

    password = graph.named("RandomPassword", "cache-app").outputs["result"]
    version = graph.one("SecretVersion").inputs["secretString"]
    assert json.loads(version) == {"username": "app", "password": password}


def test_protect_guards_data_only() -> None:
    guarded = {r.name for r in cache(protect=True).values() if r.opts.get("protect")}

    assert guarded == {"cache", "cache-key", "cache-app"}
