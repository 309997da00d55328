"""Round the API's pods: slots and bindings, the migration before them, who may speak with them."""

import json
from typing import Any

import pytest

from components.workload import SlotArgs
from tests.graph.examples import (
    APP,
    DIGEST,
    GROUPS,
    MASTER_KEY,
    MASTER_SECRET,
    workload,
)
from tests.graph.manifests import container, env, policy, secret, secret_files, template


def test_both_slots_are_bound_for_good_and_one_has_pods() -> None:
    graph = workload()

    assert [r.name for r in graph.all("Service")] == ["api-blue", "api-green"]
    assert [r.name for r in graph.all("TargetGroupBinding")] == ["api-blue", "api-green"]
    assert [r.name for r in graph.all("Deployment")] == ["api-blue"]


def test_the_live_slot_has_the_pods() -> None:
    graph = workload(
        slots=[SlotArgs(slot="green", image=APP.image, min_replicas=2, ready_seconds=300)]
    )

    assert [r.name for r in graph.all("Deployment")] == ["api-green"]
    assert template(graph)["metadata"]["labels"]["stackyard/slot"] == "green"


def test_a_binding_owns_nothing_outside_the_cluster() -> None:
    graph = workload()
    spec = graph.named("TargetGroupBinding", "api-green").inputs["spec"]

    assert spec == {
        "targetGroupARN": GROUPS["green"],
        "targetType": "ip",
        "serviceRef": {"name": "api-green-1a2b3c4", "port": 5000},
    }


def test_pulumi_does_not_wait_for_endpoints_of_an_idle_slot() -> None:
    annotations = [r.inputs["metadata"]["annotations"] for r in workload().all("Service")]

    assert annotations == [{"pulumi.com/skipAwait": "true"}] * 2


@pytest.mark.row("W4", "")
def test_w4_controller_then_bindings_then_pods() -> None:
    graph = workload()
    bindings = graph.all("TargetGroupBinding")
    controller = graph.one("Release")

    assert all(controller.urn in binding.depends for binding in bindings)
    assert {binding.urn for binding in bindings} <= graph.one("Deployment").depends


@pytest.mark.row("W8", "")
def test_w8_the_migration_ends_before_the_first_new_pod() -> None:
    graph = workload()

    assert graph.one("Job").urn in graph.one("Deployment").depends


def test_the_migration_waits_for_nodes_and_credentials_and_not_for_the_controller() -> None:
    graph = workload()
    migration = graph.one("Job")

    assert {graph.one("nodes").urn, graph.one("PodIdentityAssociation").urn} <= migration.depends
    assert graph.one("Release").urn not in migration.depends


@pytest.mark.row("W8", "")
@pytest.mark.parametrize(
    "changed",
    [
        {
            "slots": [
                SlotArgs(
                    slot="blue", image=f"api@sha256:{'d' * 64}", min_replicas=2, ready_seconds=300
                )
            ]
        },
        {"direct_url": "mysql://app:new@writer:3306/task1_db"},
    ],
)
def test_w8_a_new_image_or_password_is_a_new_migration(changed: dict[str, Any]) -> None:
    names = [g.one("Job").inputs["metadata"]["name"] for g in (workload(), workload(**changed))]

    assert names[0].startswith(f"migrate-{DIGEST[:12]}-")
    assert names[0] != names[1]


def test_a_finished_migration_stays_for_a_refresh_to_find() -> None:
    assert "ttlSecondsAfterFinished" not in workload().one("Job").inputs["spec"]


def test_the_migration_goes_past_the_proxy_as_the_master_user() -> None:
    graph = workload(direct_url="mysql://app:pw@cluster:3306/task1_db")
    given = env(graph, "Job")

    assert container(graph, "Job")["command"] == ["python", "-m", "task1.migrate"]
    assert given["MASTER_SECRET_ARN"] == MASTER_SECRET
    assert given["AWS_REGION"] == "us-east-1"
    assert secret_files(graph, "Job") == {"DATABASE_URL": ("api-migrate-1a2b3c4", "url")}
    assert secret(graph, "migrate").inputs["stringData"] == {
        "url": "mysql://app:pw@cluster:3306/task1_db"
    }


def test_the_migration_knows_the_level_of_the_version_that_may_come_back() -> None:
    assert env(workload(migration_floor=0), "Job")["MIGRATION_FLOOR"] == "0"


def test_a_first_deployment_gives_the_migration_no_floor() -> None:
    assert "MIGRATION_FLOOR" not in env(workload(migration_floor=None), "Job")


def test_a_migration_is_tried_again_unless_it_was_refused() -> None:
    graph = workload()
    spec = graph.one("Job").inputs["spec"]
    disrupted, failed = spec["podFailurePolicy"]["rules"]

    assert spec["backoffLimit"] == 0
    assert {disrupted["action"], failed["action"]} == {"Ignore"}
    assert disrupted["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert failed["onExitCodes"] == {
        "containerName": container(graph, "Job")["name"],
        "operator": "NotIn",
        "values": [65, 78],
    }
    # Kubernetes takes such a policy only with this.
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_a_migration_that_failed_is_made_anew_by_the_next_update() -> None:
    annotations = workload().one("Job").inputs["metadata"]["annotations"]

    assert annotations == {"pulumi.com/replaceUnready": "true"}


def test_only_the_migration_may_read_the_master_secret() -> None:
    graph = workload()
    reads, decrypts = json.loads(graph.one("RolePolicy").inputs["policy"])["Statement"]
    association = graph.one("PodIdentityAssociation").inputs

    assert (reads["Action"], reads["Resource"]) == (
        "secretsmanager:GetSecretValue",
        MASTER_SECRET,
    )
    assert (decrypts["Action"], decrypts["Resource"]) == ("kms:Decrypt", MASTER_KEY)
    assert association["serviceAccount"] == (template(graph, "Job")["spec"]["serviceAccountName"])
    assert association["serviceAccount"] != template(graph)["spec"]["serviceAccountName"]


@pytest.mark.row("W6", "")
def test_w6_nobody_speaks_with_a_pod_but_whom_a_policy_names() -> None:
    assert policy(workload(), "deny") == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }


def test_the_api_is_spoken_to_by_the_load_balancer_on_its_port() -> None:
    (way,) = policy(workload(), "api")["ingress"]

    assert way == {
        "from": [{"ipBlock": {"cidr": "10.20.0.0/19"}}],
        "ports": [{"port": 5000, "protocol": "TCP"}],
    }


@pytest.mark.row("W6", "")
def test_w6_the_api_speaks_with_database_and_cache() -> None:
    ways = policy(workload(), "api")["egress"]

    assert [(w["to"][0]["ipBlock"]["cidr"], w["ports"][0]["port"]) for w in ways] == [
        ("10.20.32.0/20", 3306),
        ("10.20.32.0/20", 6379),
    ]


def test_the_migration_speaks_with_database_identity_agent_and_secrets_manager() -> None:
    ways = policy(workload(), "migrate")["egress"]

    assert [(w["to"][0]["ipBlock"]["cidr"], w["ports"][0]["port"]) for w in ways] == [
        ("10.20.32.0/20", 3306),
        ("169.254.170.23/32", 80),
        ("0.0.0.0/0", 443),
    ]


@pytest.mark.row("W6", "")
def test_w6_every_pod_resolves_names() -> None:
    spec = policy(workload(), "dns")
    (way,) = spec["egress"]

    assert spec["podSelector"] == {}
    assert {(p["protocol"], p["port"]) for p in way["ports"]} == {("UDP", 53), ("TCP", 53)}
    assert way["to"][0]["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}


def test_policies_select_the_pods_they_are_for() -> None:
    graph = workload()
    labels = {kind: template(graph, kind)["metadata"]["labels"] for kind in ("Deployment", "Job")}

    assert policy(graph, "api")["podSelector"]["matchLabels"].items() <= (
        labels["Deployment"].items()
    )
    assert policy(graph, "migrate")["podSelector"]["matchLabels"].items() <= labels["Job"].items()
    assert labels["Deployment"]["app.kubernetes.io/name"] != labels["Job"]["app.kubernetes.io/name"]


def test_services_select_the_pods_of_their_slot() -> None:
    graph = workload()
    service = graph.named("Service", "api-blue").inputs["spec"]

    assert service["selector"].items() <= template(graph)["metadata"]["labels"].items()
    assert service["ports"] == [{"name": "http", "port": 5000, "targetPort": "http"}]


def test_posts_are_one_table_unless_the_settings_say_otherwise() -> None:
    graph = workload()

    assert graph.all("CronJob") == []
    assert "POSTS_PARTITIONED" not in env(graph)


def test_partitions_are_kept_ahead_every_night_with_the_migrations_rights() -> None:
    graph = workload(settings=APP.model_copy(update={"partition_posts": True}))
    spec = graph.one("CronJob").inputs["spec"]
    pod = spec["jobTemplate"]["spec"]["template"]
    migration = template(graph, "Job")
    (upkeep,) = pod["spec"]["containers"]
    (migrate,) = migration["spec"]["containers"]

    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("17 3 * * *", "Forbid")
    assert upkeep["command"] == ["python", "-m", "task1.partitions", "keep"]
    assert {**upkeep, "command": migrate["command"]} == migrate
    assert pod["metadata"] == migration["metadata"]
    assert env(graph)["POSTS_PARTITIONED"] == "true"
