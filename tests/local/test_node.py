"""Pods of a real control plane run as processes, as a kubelet would run them."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.cluster import Cluster, running_cluster
from tests.local.pods import (
    HOST,
    answers,
    deployment,
    end_of,
    gone,
    log_of,
    pod,
    process_of,
    server,
    shell,
)

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("node")) as running:
        yield running


def test_a_deployment_becomes_available_and_serves_on_its_pods_addresses(cluster: Cluster) -> None:
    container = server(cluster, env=[HOST, {"name": "GREETING", "value": "good day"}])

    cluster.apply(deployment("web", container, replicas=2))
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=30s")

    pods = cluster.get("pods", "-l", "app=web")["items"]
    assert len({p["status"]["podIP"] for p in pods}) == 2
    assert [answers(p["status"]["podIP"]) for p in pods] == ["good day", "good day"]


def test_a_missing_secret_is_a_config_error_until_it_is_there(cluster: Cluster) -> None:
    reference = {"name": "db-secret", "key": "url"}
    env = [{"name": "URL", "valueFrom": {"secretKeyRef": reference}}]
    cluster.apply(pod("needs-secret", shell(cluster, "echo got $URL", env=env)))

    cluster.until(lambda: cluster.reason("needs-secret") == "CreateContainerConfigError")
    status = cluster.pod("needs-secret")["status"]["containerStatuses"][0]["state"]["waiting"]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-secret"}}
    cluster.apply({**secret, "stringData": {"url": "mysql://it"}})
    cluster.until(lambda: cluster.pod("needs-secret")["status"]["phase"] == "Succeeded")

    assert status["message"] == 'secret "db-secret" not found'
    assert log_of(cluster, "needs-secret") == ["got mysql://it"]


def test_an_image_that_is_not_there_is_a_pull_error(cluster: Cluster) -> None:
    image = f"stackyard.local/api@sha256:{'0' * 64}"
    cluster.apply(pod("no-image", shell(cluster, "true", image=image)))

    cluster.until(lambda: cluster.reason("no-image") == "ErrImagePull")
    cluster.until(lambda: cluster.reason("no-image") == "ImagePullBackOff")

    assert "not found" in str(cluster.messages("no-image", "Failed"))


def test_a_job_completes_and_another_fails_by_its_limit(cluster: Cluster) -> None:
    def job(name: str, script: str) -> dict[str, Any]:
        spec = {"restartPolicy": "Never", "containers": [shell(cluster, script)]}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"backoffLimit": 0, "template": {"spec": spec}},
        }

    cluster.apply(job("good", "echo done"), job("bad", "exit 3"))
    cluster.kubectl("wait", "--for=condition=Complete", "job/good", "--timeout=30s")
    cluster.kubectl("wait", "--for=condition=Failed", "job/bad", "--timeout=30s")

    assert log_of(cluster, "job/good") == ["done"]


def test_init_containers_run_to_their_end_one_after_the_other(cluster: Cluster) -> None:
    volume = {"name": "work", "emptyDir": {}}
    mount = [{"name": "work", "mountPath": "/steps"}]
    steps = [
        {**shell(cluster, f"echo {name} >> /steps/done", volumeMounts=mount), "name": name}
        for name in ("first", "second")
    ]
    script = 'cat "$STEPS"'
    env = [{"name": "STEPS", "value": "/steps/done"}]
    for step in steps:
        step["command"] = ["/bin/sh", "-c", f"echo {step['name']} >> $STEPS"]
        step["env"] = env
    main = shell(cluster, script, volumeMounts=mount, env=env)

    cluster.apply(pod("inits", main, initContainers=steps, volumes=[volume]))
    cluster.until(lambda: cluster.pod("inits")["status"]["phase"] == "Succeeded")

    assert log_of(cluster, "inits") == ["first", "second"]


def test_deletion_serves_on_through_prestop_then_ends_the_process(cluster: Cluster) -> None:
    container = server(cluster, lifecycle={"preStop": {"sleep": {"seconds": 8}}})
    cluster.apply(pod("drains", container, terminationGracePeriodSeconds=20))
    cluster.kubectl("wait", "--for=condition=Ready", "pod/drains", "--timeout=20s")
    address = cluster.pod("drains")["status"]["podIP"]
    follow = cluster.layout.logs / "pods" / "default_drains" / "api.0.log"

    began = time.monotonic()
    cluster.kubectl("delete", "pod", "drains", "--wait=false")
    during = [answers(address) for _ in range(2) if not time.sleep(1)]
    cluster.until(lambda: gone(cluster, "drains"))
    ended = time.monotonic()

    assert during == ["hello", "hello"]
    assert 8 <= ended - began < 20
    assert follow.read_text().splitlines()[-2:] == ["told to end", "ended well"]


def staying(cluster: Cluster, name: str, *, grace_seconds: int) -> int:
    """The process of a new pod that takes no notice of SIGTERM."""
    script = "trap '' TERM; echo deaf; while true; do sleep 0.2; done"
    cluster.apply(pod(name, shell(cluster, script), terminationGracePeriodSeconds=grace_seconds))
    cluster.until(lambda: cluster.pod(name)["status"]["phase"] == "Running")
    cluster.until(lambda: log_of(cluster, name) == ["deaf"])
    return process_of(cluster, name)


def test_a_process_that_stays_is_killed_when_its_grace_is_over(cluster: Cluster) -> None:
    process = staying(cluster, "stays", grace_seconds=5)

    began = time.monotonic()
    cluster.kubectl("delete", "pod", "stays", "--wait=false")
    ended = end_of(cluster, process)

    # 30 s is the grace of a pod that names none.
    assert 5 <= ended - began < 30
    cluster.until(lambda: gone(cluster, "stays"))


def test_a_second_deletion_shortens_the_grace(cluster: Cluster) -> None:
    process = staying(cluster, "lingers", grace_seconds=50)

    began = time.monotonic()
    cluster.kubectl("delete", "pod", "lingers", "--wait=false")
    cluster.kubectl("delete", "pod", "lingers", "--grace-period=1", "--wait=false")
    ended = end_of(cluster, process)

    # Well below the 50 s of the first deletion, and the 30 s of one that names none.
    assert ended - began < 25


def test_a_container_that_fails_is_started_again_with_back_off(cluster: Cluster) -> None:
    cluster.apply(pod("crashes", shell(cluster, "exit 5"), restartPolicy="Always"))

    cluster.until(lambda: cluster.reason("crashes") == "CrashLoopBackOff")

    status = cluster.pod("crashes")["status"]["containerStatuses"][0]
    assert status["lastState"]["terminated"]["exitCode"] == 5
    assert status["restartCount"] >= 1


def test_a_failed_liveness_probe_restarts_the_container(cluster: Cluster) -> None:
    probe = {"httpGet": {"path": "/gone", "port": 5000}, "periodSeconds": 1, "failureThreshold": 2}
    container = server(cluster, livenessProbe=probe)
    cluster.apply(pod("sick", container, restartPolicy="Always"))

    cluster.until(lambda: cluster.pod("sick")["status"]["containerStatuses"][0]["restartCount"])

    told = "Liveness probe failed: HTTP probe failed with statuscode: 404"
    cluster.until(lambda: told in cluster.messages("sick", "Unhealthy"))


def test_a_field_that_is_not_honoured_is_a_warning_that_names_it(cluster: Cluster) -> None:
    volumes = [{"name": "disk", "hostPath": {"path": "/srv"}}]
    cluster.apply(pod("wants-more", shell(cluster, "true"), volumes=volumes))

    found = cluster.until(lambda: cluster.messages("wants-more", "NotHonoured"))

    kinds = "emptyDir, secret, configMap, projected, downwardAPI"
    assert found == [f"spec.volumes[disk].hostPath is not honoured: a volume is one of {kinds}"]
