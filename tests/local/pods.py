"""Pods for tests of the node, and how they are looked at from outside."""

import time
import urllib.request
from typing import Any

from stackyard.local.usage import by_session
from tests.local.cluster import Cluster

HOST = {"name": "HOST", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
HEALTH = {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 1}


def server(cluster: Cluster, **changes: Any) -> dict[str, Any]:
    """A container that serves /health."""
    return {
        "name": "api",
        "image": cluster.image,
        "env": [HOST],
        "ports": [{"name": "http", "containerPort": 5000}],
        "readinessProbe": HEALTH,
        **changes,
    }


def shell(cluster: Cluster, script: str, **changes: Any) -> dict[str, Any]:
    """A container that runs a script."""
    return {
        "name": "main",
        "image": cluster.image,
        "command": ["/bin/sh", "-c", script],
        **changes,
    }


def pod(name: str, container: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {"containers": [container], "restartPolicy": "Never", **spec},
    }


def deployment(name: str, container: dict[str, Any], replicas: int = 1) -> dict[str, Any]:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def log_of(cluster: Cluster, name: str, *words: str) -> list[str]:
    return cluster.kubectl("logs", name, *words).splitlines()


def answers(address: str, path: str = "/health") -> str | None:
    try:
        with urllib.request.urlopen(f"http://{address}:5000{path}", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None


def process_of(cluster: Cluster, name: str) -> int:
    """Process id of the pod's only container."""
    (status,) = cluster.pod(name)["status"]["containerStatuses"]
    return int(status["containerID"].removeprefix("process://"))


def end_of(cluster: Cluster, process: int) -> float:
    """The monotonic time at which the process and all it started are seen to have ended."""
    cluster.until(lambda: process not in by_session(), seconds=60)
    return time.monotonic()


def gone(cluster: Cluster, name: str) -> bool:
    return not cluster.get("pods", "-l", f"app={name}")["items"]
