"""The API's pods: what they are allowed, what they are given, how many there are, how they end."""

import json

import pytest

from tests.graph.examples import APP, DIGEST, READ_URL, WRITE_URL, workload
from tests.graph.manifests import container, env, secret, secret_files, template


@pytest.mark.row("W5", "")
def test_w5_the_namespace_takes_restricted_pods_alone() -> None:
    labels = workload().one("Namespace").inputs["metadata"]["labels"]

    modes = {mode: labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit")}
    assert modes == {"enforce": "restricted", "audit": "restricted"}


@pytest.mark.row("W4", "")
def test_w4_the_load_balancers_word_is_part_of_an_api_pods_readiness() -> None:
    graph = workload()
    gate = {"elbv2.k8s.aws/pod-readiness-gate-inject": "enabled"}

    assert gate.items() <= graph.one("Namespace").inputs["metadata"]["labels"].items()
    assert gate.items() <= template(graph)["metadata"]["labels"].items()
    assert not gate.items() & template(graph, "Job")["metadata"]["labels"].items()


@pytest.mark.row("W5", "")
@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_w5_pods_meet_the_restricted_standard(kind: str) -> None:
    graph = workload()
    pod, main = template(graph, kind)["spec"], container(graph, kind)["securityContext"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert main["allowPrivilegeEscalation"] is False
    assert main["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_pods_write_nowhere_but_to_tmp(kind: str) -> None:
    graph = workload()

    assert container(graph, kind)["securityContext"]["readOnlyRootFilesystem"] is True
    mounts = container(graph, kind)["volumeMounts"]
    assert [m["mountPath"] for m in mounts if not m.get("readOnly")] == ["/tmp"]  # noqa: S108  # in the pod
    assert "emptyDir" in template(graph, kind)["spec"]["volumes"][0]


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_pods_hold_no_token_of_the_cluster(kind: str) -> None:
    assert template(workload(), kind)["spec"]["automountServiceAccountToken"] is False


def test_the_autoscaler_alone_says_how_many_pods_there_are() -> None:
    graph = workload()

    assert "replicas" not in graph.one("Deployment").inputs["spec"]


@pytest.mark.row("W11", "")
@pytest.mark.ask(25)
def test_w11_the_autoscaler_looks_at_cpu_alone() -> None:
    graph = workload()
    scaler = graph.one("HorizontalPodAutoscaler").inputs["spec"]
    (metric,) = scaler["metrics"]

    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 10)
    assert metric["resource"] == {
        "name": "cpu",
        "target": {"type": "Utilization", "averageUtilization": 70},
    }
    assert scaler["scaleTargetRef"]["name"] == (graph.one("Deployment").outputs["metadata"]["name"])


def test_an_update_waits_for_a_slots_pods_as_long_as_it_is_told() -> None:
    metadata = workload().one("Deployment").inputs["metadata"]

    assert metadata["annotations"] == {"pulumi.com/timeoutSeconds": "300"}


def test_no_pod_goes_before_its_successor_serves() -> None:
    strategy = workload().one("Deployment").inputs["spec"]["strategy"]

    assert strategy["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.row("W1", "")
@pytest.mark.ask(24)
def test_w1_one_pod_at_a_time_may_be_evicted() -> None:
    graph = workload()
    budget = graph.one("PodDisruptionBudget").inputs["spec"]

    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == graph.one("Deployment").inputs["spec"]["selector"]


@pytest.mark.row("W2", "")
def test_w2_pods_spread_over_zones_and_hosts() -> None:
    spread = template(workload())["spec"]["topologySpreadConstraints"]

    assert [c["topologyKey"] for c in spread] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]


@pytest.mark.row("W3", "release.drainSeconds")
@pytest.mark.parametrize(("drain", "grace"), [(30, 75), (5, 25)])
def test_w3_one_number_gives_every_time_of_a_pods_end(drain: int, grace: int) -> None:
    graph = workload(drain_seconds=drain)

    assert container(graph)["lifecycle"] == {"preStop": {"sleep": {"seconds": drain}}}
    assert template(graph)["spec"]["terminationGracePeriodSeconds"] == grace
    assert env(graph)["DRAIN_SECONDS"] == str(drain)


def test_readiness_asks_for_health_and_life_for_life() -> None:
    probes = container(workload())

    assert {
        name: probes[name]["httpGet"]["path"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    } == {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/health"}


def test_the_pod_gets_what_the_image_asks_for() -> None:
    graph = workload(settings=APP.model_copy(update={"env": {"LOG_LEVEL": "debug"}}))
    given = env(graph)

    assert given["PORT"] == "5000"
    assert given["HOST"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    assert given["RELEASE_DIGEST"] == f"sha256:{DIGEST}"
    assert given["LOG_LEVEL"] == "debug"


def test_secrets_are_files_and_not_variables() -> None:
    graph = workload()

    assert secret_files(graph) == {
        "DATABASE_URL": ("db-secret", "url"),
        "DATABASE_WRITE_URL": ("db-secret", "writeUrl"),
        "DATABASE_READ_REPLICA_URL": ("db-secret", "readReplicaUrl"),
        "REDIS_URL": ("api-cache-1a2b3c4", "url"),
        "JWT_KEYS": ("api-keys-1a2b3c4", "tokens"),
        "RELEASE_KEYS": ("api-keys-1a2b3c4", "release"),
    }
    assert not [e for e in container(graph)["env"] if "secretKeyRef" in e.get("valueFrom", {})]


def test_only_the_pods_user_and_group_may_read_the_secrets_files() -> None:
    spec = template(workload())["spec"]
    (volume,) = [v for v in spec["volumes"] if v["name"] == "secrets"]

    assert volume["projected"]["defaultMode"] == 0o440
    assert spec["securityContext"]["fsGroup"] == 65532


def test_tokens_are_signed_by_a_generated_key_that_is_secret() -> None:
    graph = workload()
    made = secret(graph, "keys")

    assert graph.named("RandomPassword", "api-tokens").inputs["length"] == 48
    assert made.inputs["stringData"]["tokens"].startswith("k1:")
    assert made.inputs["stringData"]["release"] == "blue-key,green-key"
    assert made.secrets == {"stringData"}


def test_db_secret_holds_the_three_urls_and_stays_secret() -> None:
    made = secret(workload(), "database")

    assert made.inputs["metadata"]["name"] == "db-secret"
    assert made.inputs["stringData"] == {
        "url": WRITE_URL,
        "writeUrl": WRITE_URL,
        "readReplicaUrl": READ_URL,
    }
    assert made.secrets == {"stringData"}


def test_no_secret_stands_in_a_pod() -> None:
    graph = workload()

    assert graph.one("Deployment").secrets == set()
    assert graph.one("Job").secrets == set()
    assert "w%40rd" not in json.dumps(graph.one("Deployment").inputs)


@pytest.mark.row("W9", "")
@pytest.mark.parametrize("changed", ["write_url", "read_url", "redis_url"])
def test_w9_a_new_secret_rolls_the_pods(changed: str) -> None:
    given = {changed: "rediss://other"}
    before, after = template(workload()), template(workload(secrets=given))

    assert before["metadata"]["annotations"] != after["metadata"]["annotations"]


def test_pods_run_as_the_settings_say() -> None:
    main = container(workload())

    assert main["image"] == APP.image
    assert main["ports"] == [{"containerPort": 5000, "name": "http"}]
    assert main["resources"] == {
        "requests": {"cpu": "250m", "memory": "256Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    }
