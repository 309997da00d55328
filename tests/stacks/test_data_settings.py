"""Settings of database and cache at their bounds, beyond them, and against each other."""

from typing import Any

import pytest

from stacks.aurora_classes import max_connections, memory_gib
from stacks.load import SettingsError, load
from tests.stacks.examples import PROD, prod_with

FILE = "Pulumi.prod.yaml"
TOPIC = "arn:aws:sns:{}:123456789012:on-call"
SERVERLESS = {"instanceClass": "db.serverless", "proxy": False, "auth": "secret"}


def problems_of(sections: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(FILE, sections)
    return [line.removeprefix(f"{FILE}: ") for line in str(caught.value).splitlines()]


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("database", {"instanceClass": "db.x2g.16xlarge", "readerClass": "db.t4g.medium"}),
        ("database", {**SERVERLESS, "acuMin": 0, "pauseSeconds": 86_400}),
        ("database", {**SERVERLESS, "acuMin": 0, "engineVersion": "8.0.mysql_aurora.3.08.0"}),
        ("database", {"acuMin": 0}),
        ("database", {"pauseSeconds": 300}),
        ("database", {"readersMax": 1, "readerCpuPercent": 95, "readerConnections": 16_000}),
        ("database", {"readers": 0, "readersMax": None}),
        ("database", {"proxy": False, "auth": "secret"}),
        ("database", {"masterRotationDays": 1000}),
        ("database", {"restoreSnapshot": "rds:database-2026-11-01-07-10"}),
        ("database", {"restoreSnapshot": "arn:aws:rds:us-east-1:1:cluster-snapshot:before"}),
        ("database", {"restoreCluster": "cluster-4QFG4EXAMPLE"}),
        ("database", {"restoreCluster": "old", "restoreTime": "2026-11-01T12:00:00Z"}),
        ("database", {"backtrackHours": 72, "writeForwarding": True, "storage": "ioOptimized"}),
        ("cache", {"mode": "serverless", "maxGib": 5000, "maxEcpus": 1000}),
        ("cache", {"passwords": [1, 2], "failover": False}),
        ("cache", {"passwords": [998, 999]}),
        ("observe", {"alarms": False, "alarmTopicArn": TOPIC.format("us-east-1")}),
    ],
)
def test_a_value_at_its_bound_is_taken(section: str, keys: dict[str, Any]) -> None:
    assert load(FILE, prod_with(section, **keys))


@pytest.mark.parametrize(
    ("section", "keys", "says"),
    [
        ("database", {"instanceClass": "db.m8g.large"}, "is no class of Aurora MySQL; write one"),
        ("database", {"instanceClass": "db.r8g.medium"}, "'db.r8g.medium' is no class of Aurora"),
        ("database", {"instanceClass": "db.t4g.xlarge"}, "'db.t4g.xlarge' is no class of Aurora"),
        ("database", {"readerClass": "r8g.large"}, "readerClass: 'r8g.large' is no class of"),
        ("database", {"acuMin": -0.5}, "acuMin: -0.5 is less than 0, the smallest allowed"),
        ("database", {"pauseSeconds": 299}, "pauseSeconds: 299 is less than 300"),
        ("database", {"pauseSeconds": 86_401}, "pauseSeconds: 86401 is more than 86400"),
        ("database", {"readersMax": 16}, "readersMax: 16 is more than 15, the largest allowed"),
        ("database", {"readerCpuPercent": 96}, "readerCpuPercent: 96 is more than 95"),
        ("database", {"readerConnections": 0}, "readerConnections: 0 is less than 1"),
        ("database", {"auth": "password"}, "auth: 'password' is not one of 'secret' or 'iam'"),
        ("database", {"masterRotationDays": 0}, "masterRotationDays: 0 is less than 1"),
        ("database", {"restoreSnapshot": "9-lives"}, "restoreSnapshot: '9-lives' does not have"),
        ("database", {"restoreCluster": "Old"}, "restoreCluster: 'Old' does not have the form"),
        (
            "database",
            {"restoreCluster": "old", "restoreTime": "yesterday"},
            "restoreTime: 'yesterday' does not have the form",
        ),
        ("database", {"insights": "off"}, "insights: 'off' is not one of 'standard' or 'advanced'"),
        ("database", {"storage": "io"}, "storage: 'io' is not one of 'standard' or 'ioOptimized'"),
        ("database", {"backtrackHours": 73}, "backtrackHours: 73 is more than 72"),
        ("database", {"writeForwarding": "on"}, "writeForwarding: 'on' is not true or false"),
        ("cache", {"mode": "cluster"}, "mode: 'cluster' is not one of 'node' or 'serverless'"),
        ("cache", {"maxGib": 5001}, "maxGib: 5001 is more than 5000"),
        ("cache", {"maxEcpus": 999}, "maxEcpus: 999 is less than 1000"),
        ("cache", {"passwords": []}, "passwords: [] is not one number or two that rise"),
        ("cache", {"passwords": [2, 1]}, "passwords: [2, 1] is not one number or two that rise"),
        ("cache", {"passwords": [1, 1]}, "passwords: [1, 1] is not one number or two that rise"),
        ("cache", {"passwords": [1, 2, 3]}, "has two passwords at most: write [1], then [1, 2]"),
        ("cache", {"passwords": [1000]}, "passwords.0: 1000 is more than 999"),
        ("cache", {"failover": 0}, "failover: 0 is not true or false"),
        ("observe", {"alarms": "no"}, "alarms: 'no' is not true or false"),
        (
            "observe",
            {"alarmTopicArn": "on-call"},
            "'on-call' does not have the form",
        ),
    ],
)
def test_a_mistake_is_named_with_its_path(section: str, keys: dict[str, Any], says: str) -> None:
    (problem,) = problems_of(prod_with(section, **keys))

    assert says in problem


@pytest.mark.row("A3", "database.acuMin")
def test_a3_a_pause_is_refused_with_the_proxy_that_would_prevent_it() -> None:
    given = prod_with("database", instanceClass="db.serverless", acuMin=0)

    (problem,) = problems_of(given)

    assert problem == (
        "database.acuMin: 0 pauses an instance without connections, and the proxy always has some;"
        " take 0.5 or more, or set database.proxy to false"
    )


@pytest.mark.parametrize(
    ("section", "keys", "says"),
    [
        (
            "database",
            {**SERVERLESS, "acuMin": 0, "engineVersion": "8.0.mysql_aurora.3.04.2"},
            "database.acuMin: 0 needs Aurora MySQL 3.08, database.engineVersion is 8.0.mysql",
        ),
        (
            "database",
            {"readers": 0},
            "database.readersMax: Aurora scales readers only where there is one; set",
        ),
        (
            "database",
            {"readers": 6},
            "database.readersMax: 5 is less than readers 6, the fewest; raise it",
        ),
        (
            "database",
            {"readersMax": None, "readerConnections": 100},
            "database.readerConnections: says when Aurora adds a reader, but not how many;",
        ),
        ("database", {"proxy": False}, "database.auth: iam needs the proxy, which knows the user"),
        (
            "database",
            {"restoreSnapshot": "s", "restoreCluster": "c"},
            "database: restoreSnapshot and restoreCluster exclude each other; give one",
        ),
        (
            "database",
            {"restoreTime": "2026-11-01T12:00:00Z"},
            "database.restoreTime: is a moment of restoreCluster; give that too",
        ),
        (
            "database",
            {"readers": 0, "readersMax": None, "writeForwarding": True},
            "database.writeForwarding: there is no reader to forward writes; set",
        ),
        (
            "cache",
            {"mode": "serverless", "role": "limiter"},
            "cache.role: limiter asks for an eviction policy, and ElastiCache Serverless has",
        ),
        (
            "observe",
            {"alarmTopicArn": TOPIC.format("eu-west-1")},
            "observe.alarmTopicArn: arn:aws:sns:eu-west-1:123456789012:on-call is not in us-east-1",
        ),
    ],
)
def test_settings_that_cannot_be_together_are_named(
    section: str, keys: dict[str, Any], says: str
) -> None:
    (problem,) = problems_of(prod_with(section, **keys))

    assert problem.startswith(says)


@pytest.mark.parametrize(
    ("section", "keys", "says"),
    [
        ("cache", {"mode": "serverless"}, "cache.mode: the embedded cloud has no serverless cache"),
        ("database", {"restoreSnapshot": "s"}, "database: the embedded cloud keeps no backups;"),
        ("database", {"restoreCluster": "c"}, "database: the embedded cloud keeps no backups;"),
    ],
)
def test_a_local_stack_is_told_what_the_embedded_cloud_has_not(
    section: str, keys: dict[str, Any], says: str
) -> None:
    given = {"env": {**PROD["env"], "size": "local"}, "app": PROD["app"], section: keys}

    (problem,) = problems_of(given)

    assert problem.startswith(says)


@pytest.mark.parametrize(
    ("instance_class", "gib", "connections"),
    [
        ("db.t3.small", 2, 45),
        ("db.t4g.medium", 4, 90),
        ("db.t4g.large", 8, 135),
        ("db.r8g.large", 16, 1000),
        ("db.r6i.xlarge", 32, 2000),
        ("db.r7g.16xlarge", 512, 6000),
        ("db.r5.24xlarge", 768, 7000),
        ("db.x2g.large", 32, 2000),
        ("db.serverless", 8, 135),
    ],
)
def test_connections_of_a_class_are_those_of_aws_table(
    instance_class: str, gib: float, connections: int
) -> None:
    assert memory_gib(instance_class, acu_max=4.0) == gib
    assert max_connections(gib) == connections
