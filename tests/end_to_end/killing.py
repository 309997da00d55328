"""The processes of a running stack: found by name, killed at once, seen to be back."""

import http.client
import json
import os
import signal
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from stackyard.local import cloud
from stackyard.local.layout import Layout
from stackyard.local.processes import pids_of
from tests.end_to_end.running_stack import RunningStack

PROCESSES: Mapping[str, Callable[[str], bool]] = {
    "the embedded AWS": lambda words: "stackyard.local.aws.server" in words,
    "etcd": lambda words: words.split()[0].endswith("/etcd"),
    "the API server": lambda words: words.split()[0].endswith("/kube-apiserver"),
    "the controller manager": lambda words: words.split()[0].endswith("/kube-controller-manager"),
    "the scheduler": lambda words: words.split()[0].endswith("/kube-scheduler"),
    "the database's writer": lambda words: words.startswith("mariadbd") and "reader" not in words,
    "the database's reader": lambda words: words.startswith("mariadbd") and "reader" in words,
    "the cache": lambda words: words.startswith("redis-server"),
    "the load balancer": lambda words: words.startswith("haproxy"),
    "a pod of the API": lambda words: "task1" in words and "migrate" not in words,
}
"""Every kind of process that the supervisor keeps, by what its command line says."""


def pids(layout: Layout, name: str) -> set[int]:
    """Process ids of that kind."""
    return {pid for pid in pids_of(layout) if words_of(pid) and PROCESSES[name](words_of(pid))}


def words_of(pid: int) -> str:
    """The command line; empty once it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def kill(targets: Iterable[int]) -> None:
    """End them as a power cut does."""
    for pid in targets:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def supervisor(layout: Layout) -> int:
    """The running supervisor's process id."""
    found = cloud.supervisor_pid(layout)
    assert found is not None
    return found


def healthy(stack: RunningStack) -> bool:
    """Whether the API answers through the CDN, with its database and its cache."""
    try:
        url = str(stack.outputs["healthUrl"])
        with urllib.request.urlopen(url, timeout=5, context=stack.tls) as answer:
            return b'"cache":"up"' in answer.read().replace(b" ", b"")
    except (OSError, http.client.HTTPException):
        return False


def whole(stack: RunningStack) -> bool:
    """Whether every part is ready, every process is there and the API's pods serve."""
    if {part.state for part in cloud.parts(stack.layout)} != {"ready"}:
        return False
    if not all(pids(stack.layout, name) for name in PROCESSES) or not healthy(stack):
        return False
    asked = stack.shell(f"kubectl -n {stack.namespace} get deploy -o json")
    deployments = json.loads(asked.stdout)["items"] if asked.returncode == 0 else []
    return bool(deployments) and all(map(_available, deployments))


def healed(stack: RunningStack, killed: Mapping[str, set[int]]) -> bool:
    """Whether it is whole, with a new process for each that was killed."""
    return whole(stack) and all(
        len(pids(stack.layout, name) - gone) >= len(gone) for name, gone in killed.items()
    )


def _available(deployment: dict[str, Any]) -> bool:
    wanted = deployment["spec"]["replicas"]
    return deployment["status"].get("readyReplicas", 0) >= wanted
