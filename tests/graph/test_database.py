"""The database: what it asks of AWS, what it guards, whom it lets in."""

import functools
import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.database import Database, DatabaseArgs
from stacks.data_settings import DatabaseSettings
from stackyard.graph.recorder import Graph, record

CLUSTER = "aws:rds/cluster:Cluster"


@functools.cache  # a graph is only read
def database(
    *, protect: bool = False, alarms: bool = False, topic: str | None = None, **settings: Any
) -> Graph:
    args = DatabaseArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-a", "subnet-b"],
        clients={"app": "sg-app"},
        zones=["eu-west-1a", "eu-west-1b"],
        settings=DatabaseSettings(**settings),
        log_days=30,
        protect=protect,
        alarms=alarms,
        alarm_topic_arn=topic,
    )

    def program() -> None:
        made = Database("database", args, pulumi.ResourceOptions(protect=protect))
        # Something that waits for an endpoint, to see for what it waits.
        aws.ssm.Parameter("waits", type="String", value=made.writer_endpoint)

    return record(program)


def parameters(graph: Graph, type_: str) -> dict[str, str]:
    return {p["name"]: p["value"] for p in graph.one(type_).inputs["parameters"]}


def test_name_carries_a_suffix_that_changes_with_what_replaces_the_cluster() -> None:
    graph = database()

    suffix, cluster = graph.one("database-suffix"), graph.one(CLUSTER).inputs
    assert cluster["clusterIdentifier"] == suffix.outputs["hex"] == "database-1a2b3c4d"
    assert suffix.inputs["keepers"] == {
        "name": cluster["databaseName"],
        "subnets": cluster["dbSubnetGroupName"],
        "key": cluster["kmsKeyId"],
    }


@pytest.mark.row("A21", "observe.logDays")
@pytest.mark.ask(17)
def test_a21_every_exported_log_has_its_group_before_the_cluster() -> None:
    graph = database()

    cluster, groups = graph.one(CLUSTER), graph.all("LogGroup")
    prefix = f"/aws/rds/cluster/{cluster.inputs['clusterIdentifier']}/"
    exported = cluster.inputs["enabledCloudwatchLogsExports"]
    assert {r.inputs["name"] for r in groups} == {f"{prefix}{log}" for log in exported}
    assert {r.inputs["retentionInDays"] for r in groups} == {30}
    assert {r.urn for r in groups} <= cluster.depends


@pytest.mark.row("A12", "")
def test_a12_tls_is_forced_and_the_binary_log_is_on() -> None:
    given = parameters(database(), "ClusterParameterGroup")

    assert (given["require_secure_transport"], given["binlog_format"]) == ("ON", "ROW")
    assert given["lock_wait_timeout"] == given["innodb_lock_wait_timeout"] == "3"


@pytest.mark.row("A21", "")
def test_a21_audit_and_slow_log_have_something_to_export() -> None:
    graph = database()

    assert parameters(graph, "ClusterParameterGroup")["server_audit_logging"] == "1"
    assert parameters(graph, "ParameterGroup") == {"slow_query_log": "1", "long_query_time": "1"}


@pytest.mark.row("A9", "")
def test_a9_master_password_is_rds_own() -> None:
    cluster = database().one(CLUSTER).inputs

    assert cluster["manageMasterUserPassword"] is True
    assert not [name for name in cluster if name.startswith("masterPassword")]
    assert cluster["masterUsername"] not in {"admin", "root", "app"}


def test_one_key_of_its_own_locks_everything() -> None:
    graph = database()

    key, cluster = graph.one("aws:kms/key:Key"), graph.one(CLUSTER).inputs
    locked = {
        cluster["kmsKeyId"],
        cluster["masterUserSecretKmsKeyId"],
        graph.one("database-writer").inputs["performanceInsightsKmsKeyId"],
        graph.one("Secret").inputs["kmsKeyId"],
    }
    assert locked == {key.outputs["arn"]}
    assert cluster["storageEncrypted"] is True
    assert (key.inputs["enableKeyRotation"], key.inputs["deletionWindowInDays"]) == (True, 30)


@pytest.mark.row("A13", "database.backupDays")
def test_a13_backups_are_the_settings() -> None:
    cluster = database(backup_days=14, backup_window="06:00-07:00").one(CLUSTER).inputs

    assert (cluster["backupRetentionPeriod"], cluster["preferredBackupWindow"]) == (
        14,
        "06:00-07:00",
    )
    assert cluster["copyTagsToSnapshot"] is True


def test_capacity_is_set_for_serverless_instances_only() -> None:
    serverless = database(acu_min=0.5, acu_max=8.0).one(CLUSTER).inputs
    provisioned = database(instance_class="db.r8g.large").one(CLUSTER).inputs

    assert serverless["serverlessv2ScalingConfiguration"] == {"minCapacity": 0.5, "maxCapacity": 8}
    assert "serverlessv2ScalingConfiguration" not in provisioned


@pytest.mark.row("A1", "database.readers")
@pytest.mark.ask(3)
def test_a1_a_reader_more_is_one_resource_more() -> None:
    one, two = database(readers=1), database(readers=2)

    (more,) = set(two) - set(one)
    assert two[more].name == "database-reader-b"
    assert [two[urn].name for urn in one if two[urn].inputs != one[urn].inputs] == []


@pytest.mark.row("A1", "database.readers")
def test_a1_readers_wait_for_the_writer_and_take_turns_in_the_zones() -> None:
    graph = database(readers=2)

    writer, *readers = graph.all("ClusterInstance")
    assert writer.name == "database-writer"
    assert all(writer.urn in reader.depends for reader in readers)
    assert {r.name: r.inputs["availabilityZone"] for r in graph.all("ClusterInstance")} == {
        "database-writer": "eu-west-1a",
        "database-reader-a": "eu-west-1b",
        "database-reader-b": "eu-west-1a",
    }


@pytest.mark.row("A19", "")
@pytest.mark.ask(1)
def test_a19_minor_upgrades_by_aws_are_no_change() -> None:
    graph = database(readers=1)

    upgraded = [graph.one(CLUSTER), *graph.all("ClusterInstance")]
    assert all("engineVersion" in r.opts["ignoreChanges"] for r in upgraded)
    assert all(r.inputs["autoMinorVersionUpgrade"] for r in graph.all("ClusterInstance"))


@pytest.mark.row("A19", "")
@pytest.mark.ask(1)
def test_a19_an_instance_added_later_has_the_version_that_the_cluster_runs() -> None:
    graph = database(readers=1)

    runs = graph.one(CLUSTER).outputs["engineVersionActual"]
    assert {r.inputs["engineVersion"] for r in graph.all("ClusterInstance")} == {runs}


@pytest.mark.row("A22", "")
def test_a22_every_instance_is_watched_and_none_is_public() -> None:
    graph = database(readers=1)

    seen = [r.inputs for r in graph.all("ClusterInstance")]
    role = graph.named("Role", "database-monitoring")
    assert {(i["monitoringInterval"], i["monitoringRoleArn"]) for i in seen} == {
        (60, role.outputs["arn"])
    }
    assert {i["performanceInsightsEnabled"] for i in seen} == {True}
    assert {i["publiclyAccessible"] for i in seen} == {False}


@pytest.mark.row("A16", "env.protect")
@pytest.mark.parametrize("protect", [True, False])
def test_a16_protect_turns_on_all_that_keeps_data(protect: bool) -> None:
    cluster = database(protect=protect).one(CLUSTER).inputs

    assert cluster["deletionProtection"] is protect
    assert cluster["skipFinalSnapshot"] is not protect
    assert cluster["deleteAutomatedBackups"] is not protect
    assert ("finalSnapshotIdentifier" in cluster) is protect


@pytest.mark.row("A17", "env.protect")
@pytest.mark.ask(5)
def test_a17_final_snapshot_has_a_name_no_other_cluster_had() -> None:
    cluster = database(protect=True).one(CLUSTER).inputs

    assert cluster["finalSnapshotIdentifier"] == f"{cluster['clusterIdentifier']}-final"


def test_protect_guards_data_only() -> None:
    graph = database(protect=True, proxy=True, readers=1)

    guarded = {(r.type.split(":")[-1], r.name) for r in graph.values() if r.opts.get("protect")}
    assert guarded == {
        ("Database", "database"),
        ("Cluster", "database"),
        ("Key", "database-key"),
        ("RandomId", "database-suffix"),
        ("RandomPassword", "database-app"),
    }


@pytest.mark.row("A10", "")
@pytest.mark.ask(7)
def test_a10_app_has_a_user_and_a_secret_of_its_own() -> None:
    graph = database()

    version, password = graph.one("SecretVersion"), graph.one("RandomPassword").outputs["result"]
    assert json.loads(version.inputs["secretString"]) == {"username": "app", "password": password}
    assert version.secrets == {"secretString"}


def test_clients_reach_the_database_and_nobody_else_does() -> None:
    graph = database()

    (out,), (into,) = graph.all("SecurityGroupEgressRule"), graph.all("SecurityGroupIngressRule")
    access = graph.named("SecurityGroup", "database-access")
    assert out.inputs["securityGroupId"] == into.inputs["referencedSecurityGroupId"] == "sg-app"
    assert out.inputs["referencedSecurityGroupId"] == into.inputs["securityGroupId"] == access.id
    assert {r.inputs["fromPort"] for r in (out, into)} == {3306}
    assert graph.one(CLUSTER).inputs["vpcSecurityGroupIds"] == [access.id]
    assert not {"ingress", "egress"} & {*access.inputs}


def test_an_endpoint_is_known_once_the_writer_runs() -> None:
    graph = database()

    behind = graph.one("waits").property_deps["value"]
    assert {graph.one(CLUSTER).urn, graph.one("database-writer").urn} <= behind
