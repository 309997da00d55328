"""The cache over the years: passwords that change, replicas that go, nodes given up for none."""

import json
from itertools import pairwise
from typing import Any

import pulumi
import pytest

from components._cache_nodes import _refuse_both_at_once, one_step_to_one_node
from stackyard.graph.recorder import Graph
from tests.graph.consequences import consequences
from tests.graph.stacks import graph_of, stack_config
from tests.graph.test_cache import cache

STEPS = [(1,), (1, 2), (2,)]


def word(number: int) -> str:
    name = "cache-app" if number == 1 else f"cache-app-{number}"
    return f"canary-4f1d-{name}-p@ss/w#rd"


def taken(graph: Graph) -> list[str]:
    return graph.named("User", "cache-app").inputs["authenticationMode"]["passwords"]


def used(graph: Graph) -> str:
    return json.loads(graph.one("SecretVersion").inputs["secretString"])["password"]


@pytest.mark.row("R4", "cache.passwords")
def test_r4_the_password_in_use_is_taken_before_and_after_each_step() -> None:
    graphs = [cache(passwords=step) for step in STEPS]

    assert [used(graph) for graph in graphs] == [word(1), word(2), word(2)]
    for before, after in pairwise(graphs):
        assert used(before) in taken(before)
        assert used(before) in taken(after)


@pytest.mark.row("R4", "cache.passwords")
def test_r4_a_rotation_replaces_neither_cache_nor_users_and_loses_the_old_password_alone() -> None:
    first, both, last = (cache(passwords=step) for step in STEPS)

    begun, ended = consequences(first, both), consequences(both, last)
    assert {urn.split("::")[-2].rpartition("$")[2] for urn in begun.replaced} == {
        "aws:secretsmanager/secretVersion:SecretVersion"
    }
    assert (begun.deleted, ended.replaced) == (frozenset(), {})
    assert {urn.rpartition("::")[2] for urn in ended.deleted} == {"cache-app"}


@pytest.mark.row("R4", "cache.passwords")
def test_r4_pods_get_the_new_password_once_valkey_takes_it() -> None:
    config = {**stack_config("prod"), "stackyard:cache": {"passwords": [1, 2]}}
    graph = graph_of("prod", config=config)

    secret, user = graph.named("Secret", "api-cache"), graph.named("User", "cache-app")
    assert "canary-4f1d-cache-app-2" in secret.inputs["stringData"]["url"]
    assert user.urn in graph.one("UserGroup").depends
    assert graph.one("UserGroup").urn in graph.one("ReplicationGroup").depends
    assert graph.one("ReplicationGroup").urn in secret.depends


@pytest.mark.ask(11)
@pytest.mark.parametrize("passwords", STEPS)
def test_nobody_gets_in_without_a_password_at_any_step(passwords: tuple[int, ...]) -> None:
    graph = cache(passwords=passwords)

    users = graph.all("User")
    assert all(r.inputs["authenticationMode"]["type"] == "password" for r in users)
    assert taken(graph) == [word(number) for number in passwords]
    assert "authToken" not in graph.one("ReplicationGroup").inputs


@pytest.mark.ask(12)
def test_no_stack_has_a_cache_cluster_that_would_be_replaced(graph: Graph) -> None:
    assert [r.name for r in graph.values() if r.type == "aws:elasticache/cluster:Cluster"] == []
    assert len(graph.all("ReplicationGroup")) == 1


@pytest.mark.row("R5", "cache.failover")
@pytest.mark.ask(13)
def test_r5_failover_is_turned_off_while_the_replicas_stay() -> None:
    given = cache(replicas=2, failover=False).one("ReplicationGroup").inputs

    assert given["numCacheClusters"] == 3
    assert (given["automaticFailoverEnabled"], given["multiAzEnabled"]) == (False, False)


@pytest.mark.ask(13)
def test_the_last_replica_does_not_go_in_one_step_with_failover() -> None:
    two = cache(replicas=1).one("ReplicationGroup").inputs
    one = cache(replicas=0).one("ReplicationGroup").inputs

    refused = one_step_to_one_node(two, one)

    assert refused is not None
    assert "first set cache.failover to false and leave the replicas" in refused
    assert refused.endswith("then set cache.replicas to 0")


@pytest.mark.ask(13)
def test_the_two_steps_to_one_node_are_not_refused() -> None:
    steps: list[dict[str, Any]] = [
        {"replicas": 2},
        {"replicas": 2, "failover": False},
        {"replicas": 0, "failover": False},
        {"replicas": 0},
        {"replicas": 1},
    ]
    inputs = [cache(**step).one("ReplicationGroup").inputs for step in steps]

    pairs = pairwise(inputs)
    assert [one_step_to_one_node(old, new) for old, new in pairs] == [None] * 4


@pytest.mark.ask(13)
def test_the_update_itself_is_refused_for_that_reason() -> None:
    old = cache(replicas=1).one("ReplicationGroup").inputs
    new = cache(replicas=0).one("ReplicationGroup").inputs
    change = pulumi.ResourceHookArgs("urn", "id", "cache", "type", old_inputs=old, new_inputs=new)
    none = pulumi.ResourceHookArgs("urn", "id", "cache", "type", old_inputs=old, new_inputs=old)

    _refuse_both_at_once(none)

    with pytest.raises(ValueError, match="the last replica cannot go while failover is on"):
        _refuse_both_at_once(change)


@pytest.mark.ask(13)
def test_the_refusal_stands_before_every_update_of_the_group() -> None:
    hooks = cache().one("ReplicationGroup").opts["hooks"]

    assert hooks == {"before_update": ["cache-one-node"]}


@pytest.mark.row("R6", "cache.mode")
def test_r6_a_serverless_cache_is_bounded_in_size_and_speed() -> None:
    graph = cache(mode="serverless", max_gib=10, max_ecpus=20_000)

    given = graph.one("ServerlessCache").inputs
    assert given["cacheUsageLimits"] == {
        "dataStorage": {"maximum": 10, "unit": "GB"},
        "ecpuPerSeconds": [{"maximum": 20_000}],
    }
    assert (given["engine"], given["majorEngineVersion"]) == ("valkey", "8")
    assert graph.all("ReplicationGroup") == []


@pytest.mark.row("R6", "cache.mode")
def test_r6_a_serverless_cache_has_the_same_users_key_and_network() -> None:
    graph = cache(mode="serverless")

    given = graph.one("ServerlessCache").inputs
    assert given["userGroupId"] == graph.one("UserGroup").inputs["userGroupId"]
    assert given["kmsKeyId"] == graph.one("Key").outputs["arn"]
    assert given["securityGroupIds"] == [graph.one("SecurityGroup").id]
    assert given["subnetIds"] == ["subnet-a", "subnet-b"]


@pytest.mark.row("R6", "cache.mode")
def test_r6_the_api_is_given_the_serverless_endpoint() -> None:
    graph = cache(mode="serverless")

    url = graph.component_outputs[graph.one("stackyard:index:Cache").urn]["url"]
    assert url.endswith("@cache-1a2b3c4.serverless.example.com:6379/0")


@pytest.mark.row("R7", "cache.snapshotDays")
def test_r7_a_serverless_cache_is_snapshot_too() -> None:
    given = cache(mode="serverless", snapshot_days=7).one("ServerlessCache").inputs

    assert (given["snapshotRetentionLimit"], given["dailySnapshotTime"]) == (7, "02:00")


@pytest.mark.row("R7", "")
def test_r7_production_and_staging_take_snapshots(prod: Graph, staging: Graph) -> None:
    kept = [g.one("ReplicationGroup").inputs["snapshotRetentionLimit"] for g in (prod, staging)]

    assert kept == [7, 1]


@pytest.mark.row("R5", "")
def test_r5_production_fails_over_to_another_zone(prod: Graph) -> None:
    given = prod.one("ReplicationGroup").inputs

    assert (given["automaticFailoverEnabled"], given["multiAzEnabled"]) == (True, True)
