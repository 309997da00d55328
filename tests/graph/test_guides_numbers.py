"""The scaling guide's own figures, in every stack."""

from stackyard.graph.recorder import Graph
from tests.graph.manifests import container, env, secret_files


def test_three_pods_at_least_in_production_and_two_elsewhere(graphs: dict[str, Graph]) -> None:
    scalers = {s: g.one("HorizontalPodAutoscaler").inputs["spec"] for s, g in graphs.items()}

    assert {stack: spec["minReplicas"] for stack, spec in scalers.items()} == {
        "prod": 3,
        "staging": 2,
        "pr-12": 2,
        "local": 2,
    }


def test_ten_pods_at_most_at_seventy_percent_of_cpu(graph: Graph) -> None:
    scaler = graph.one("HorizontalPodAutoscaler").inputs["spec"]

    assert scaler["maxReplicas"] == 10
    assert scaler["metrics"][0]["resource"]["target"]["averageUtilization"] == 70


def test_requests_and_limits(graph: Graph) -> None:
    assert container(graph)["resources"] == {
        "requests": {"cpu": "250m", "memory": "256Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    }


def test_the_container_answers_on_port_5000(graph: Graph) -> None:
    assert container(graph)["ports"][0]["containerPort"] == 5000
    assert env(graph)["PORT"] == "5000"


def test_the_database_url_comes_from_db_secret(graph: Graph) -> None:
    assert secret_files(graph)["DATABASE_URL"] == ("db-secret", "url")


def test_connections_are_pooled_as_the_guide_says(graph: Graph) -> None:
    urls = graph.named("Secret", "api-database").inputs["stringData"]

    assert all(
        url.endswith("/task1_db?connection_limit=20&pool_timeout=60") for url in urls.values()
    )


def test_reads_go_to_the_readers(graph: Graph) -> None:
    urls = graph.named("Secret", "api-database").inputs["stringData"]

    assert urls["url"] == urls["writeUrl"] != urls["readReplicaUrl"]


def test_health_is_checked_on_health_without_sticky_sessions(graph: Graph) -> None:
    groups = graph.all("TargetGroup")

    assert [group.inputs["healthCheck"]["path"] for group in groups] == ["/health", "/health"]
    assert [group.inputs["stickiness"]["enabled"] for group in groups] == [False, False]


def test_two_target_groups_stand_in_the_forward_action_from_the_start(graph: Graph) -> None:
    (action,) = graph.one("balancer-production").inputs["actions"]

    assert [group["weight"] for group in action["forward"]["targetGroups"]] == [100, 0]


def test_backups_are_kept_seven_days_and_made_at_seven(graph: Graph) -> None:
    cluster = graph.one("aws:rds/cluster:Cluster").inputs

    assert cluster["backupRetentionPeriod"] == 7
    assert cluster["preferredBackupWindow"] == "07:00-09:00"
    assert cluster["databaseName"] == "task1_db"


def test_the_migration_waits_for_the_writer_and_not_for_proxy_or_cache(prod: Graph) -> None:
    waits = ancestors(prod, prod.one("Job").urn)

    assert prod.named("ClusterInstance", "database-writer").urn in waits
    assert prod.one("aws:rds/proxy:Proxy").urn not in waits
    assert prod.one("ReplicationGroup").urn not in waits


def ancestors(graph: Graph, urn: str) -> set[str]:
    direct = {u for u in graph[urn].depends if u in graph}
    return direct.union(*(ancestors(graph, u) for u in direct))
