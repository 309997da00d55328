"""Who logs in to the database, as whom, and by what."""

import json
from typing import Any

import pytest

from stackyard.graph.recorder import Graph
from tests.graph.examples import workload
from tests.graph.manifests import env
from tests.graph.stacks import graph_of
from tests.graph.test_database import CLUSTER, database
from tests.graph.test_database_proxy import PASSWORD, PROXY, PROXY_READER, WRITER, outputs

BY_IAM: dict[str, Any] = {"proxy": True, "readers": 1, "auth": "iam"}
CONNECT = "arn:aws:rds-db:us-east-1:123456789012:dbuser:prx-0a1b2c3d/app"


def statements(graph: Graph, policy: str) -> list[dict[str, Any]]:
    return json.loads(graph.named("RolePolicy", policy).inputs["policy"])["Statement"]


@pytest.mark.row("A5", "")
def test_a5_production_has_a_proxy_before_the_whole_cluster(prod: Graph) -> None:
    target, pool = prod.one("ProxyTarget").inputs, prod.one("ProxyDefaultTargetGroup").inputs

    assert target["dbClusterIdentifier"] == prod.one(CLUSTER).id
    assert pool["connectionPoolConfig"]["maxConnectionsPercent"] == 90


@pytest.mark.row("A6", "")
def test_a6_production_reads_through_the_proxys_read_only_endpoint(prod: Graph) -> None:
    urls = prod.named("Secret", "api-database").inputs["stringData"]

    assert prod.one("ProxyEndpoint").inputs["targetRole"] == "READ_ONLY"
    assert prod.one("ProxyEndpoint").outputs["endpoint"] in urls["readReplicaUrl"]


@pytest.mark.row("A8", "database.auth")
def test_a8_the_proxy_takes_tokens_alone_and_keeps_the_password_to_itself() -> None:
    graph = database(**BY_IAM)

    (auth,) = graph.one("Proxy").inputs["auths"]
    assert (auth["iamAuth"], auth["secretArn"]) == ("REQUIRED", graph.one("Secret").outputs["arn"])
    assert graph.one(CLUSTER).inputs["iamDatabaseAuthenticationEnabled"] is True


@pytest.mark.row("A8", "database.auth")
def test_a8_the_apis_urls_hold_no_password() -> None:
    given = outputs(database(**BY_IAM))

    pool = "connection_limit=20&pool_timeout=60"
    assert given["writeUrl"] == f"mysql://app:by-token@{PROXY}:3306/task1_db?{pool}"
    assert given["readUrl"] == f"mysql://app:by-token@{PROXY_READER}:3306/task1_db?{pool}"


@pytest.mark.row("A8", "database.auth")
def test_a8_the_migration_still_knows_the_password_that_it_gives_the_user() -> None:
    assert f"app:{PASSWORD}@{WRITER}:" in outputs(database(**BY_IAM))["directUrl"]


@pytest.mark.row("A8", "database.auth")
def test_a8_the_pods_role_may_log_in_as_the_app_and_nothing_else(prod: Graph) -> None:
    assert statements(prod, "api-api") == [
        {"Effect": "Allow", "Action": "rds-db:connect", "Resource": CONNECT}
    ]


@pytest.mark.row("A8", "database.auth")
def test_a8_only_the_apis_service_account_has_that_role(prod: Graph) -> None:
    association = prod.named("PodIdentityAssociation", "api-api").inputs

    account = prod.named("ServiceAccount", "api-api").outputs["metadata"]["name"]
    assert (association["namespace"], association["serviceAccount"]) == ("app", account)
    assert association["roleArn"] == prod.named("Role", "api-api").outputs["arn"]


@pytest.mark.row("A8", "database.auth")
def test_a8_the_pods_are_told_and_wait_for_their_role(prod: Graph) -> None:
    pods = prod.one("Deployment")

    assert (env(prod)["DATABASE_AUTH"], env(prod)["AWS_REGION"]) == ("iam", "us-east-1")
    assert prod.named("PodIdentityAssociation", "api-api").urn in pods.depends
    assert prod.named("RolePolicy", "api-api").urn in pods.depends


@pytest.mark.row("A8", "database.auth")
def test_a8_the_pods_reach_the_identity_agent_that_gives_them_credentials() -> None:
    graph = workload(database_by_iam=True, database_connect_arn=CONNECT)

    way = graph.named("NetworkPolicy", "api-api").inputs["spec"]["egress"][-1]
    assert way["to"] == [{"ipBlock": {"cidr": "169.254.170.23/32"}}]
    assert way["ports"] == [{"protocol": "TCP", "port": 80}]


@pytest.mark.row("A8", "database.auth")
def test_a8_where_a_secret_is_the_way_in_pods_have_no_role(staging: Graph) -> None:
    assert "DATABASE_AUTH" not in env(staging)
    assert [r.name for r in staging.all("PodIdentityAssociation") if r.name == "api-api"] == []


@pytest.mark.row("A9", "database.masterRotationDays")
def test_a9_the_master_password_is_rotated_on_the_schedule_that_is_set() -> None:
    graph = database(master_rotation_days=30)

    given = graph.one("SecretRotation")
    assert given.inputs["rotationRules"] == {"automaticallyAfterDays": 30}
    assert given.inputs["secretId"] == outputs(graph)["masterSecretArn"]
    assert given.opts["deletedWith"] == graph.one(CLUSTER).urn


@pytest.mark.row("A9", "")
def test_a9_production_rotates_the_master_password_weekly(prod: Graph) -> None:
    rules = prod.one("SecretRotation").inputs["rotationRules"]

    assert rules == {"automaticallyAfterDays": 7}


@pytest.mark.row("A10", "")
def test_a10_the_migration_makes_the_user_as_master_before_any_pod(graph: Graph) -> None:
    migration, pods = graph.one("Job"), graph.one("Deployment")
    (container,) = migration.inputs["spec"]["template"]["spec"]["containers"]
    given = {each["name"]: each.get("value") for each in container["env"]}

    assert given["MASTER_SECRET_ARN"] == graph.stack_outputs["database"]["masterSecretArn"]
    assert migration.urn in pods.depends


@pytest.mark.row("A10", "")
@pytest.mark.ask(7)
def test_a10_nobody_but_the_migration_may_read_the_masters_secret(graph: Graph) -> None:
    master = graph.stack_outputs["database"]["masterSecretArn"]

    allowed = [r.name for r in graph.all("RolePolicy") if master in r.inputs["policy"]]
    assert allowed == ["api-migrate"]
    assert "MASTER_SECRET_ARN" not in env(graph)


@pytest.mark.ask(9)
def test_what_a_proxy_pins_is_watched_wherever_there_is_one() -> None:
    alarms = {r.inputs["metricName"] for r in graph_of("prod").all("MetricAlarm")}

    assert "DatabaseConnectionsCurrentlySessionPinned" in alarms


@pytest.mark.ask(10)
def test_writes_go_to_an_endpoint_that_follows_a_failover_and_lag_is_watched(prod: Graph) -> None:
    urls = prod.named("Secret", "api-database").inputs["stringData"]
    alarms = {r.inputs["metricName"] for r in prod.all("MetricAlarm")}

    assert f"@{prod.one('aws:rds/proxy:Proxy').outputs['endpoint']}:" in urls["writeUrl"]
    assert "AuroraReplicaLagMaximum" in alarms
