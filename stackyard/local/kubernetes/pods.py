"""Why the pods of an object are not running: what their containers and conditions say."""

from collections.abc import Iterator

from stackyard.local.kube_json import child, children
from stackyard.local.kubernetes.rest import KubeApi
from stackyard.local.wire import JsonObject

MOST = 3
"""Pods quoted in a message; replicas of one Deployment mostly say the same."""


def selector(found: JsonObject) -> str:
    """The label selector of a Service, Deployment or Job, as a list call wants it."""
    chosen = child(found, "spec", "selector")
    labels = chosen.get("matchLabels") or chosen
    return ",".join(f"{key}={value}" for key, value in labels.items() if isinstance(value, str))


def complaints(api: KubeApi, found: JsonObject) -> list[str]:
    """One line for each of the first pods that are not well."""
    metadata = found["metadata"]
    if found.get("kind") == "Pod":
        return list(_of_pod(found))
    pods = f"/api/v1/namespaces/{metadata.get('namespace', 'default')}/pods"
    chosen = api.items(pods, labelSelector=selector(found)) if selector(found) else []
    told: list[str] = []
    for pod in sorted(chosen, key=_newest_first, reverse=True):
        told += _of_pod(pod)
        if len(told) >= MOST:
            break
    return told[:MOST]


def _newest_first(pod: JsonObject) -> str:
    return str(child(pod, "metadata").get("creationTimestamp"))


def _of_pod(pod: JsonObject) -> Iterator[str]:
    name, status = pod["metadata"]["name"], child(pod, "status")
    containers = children(status, "initContainerStatuses") + children(status, "containerStatuses")
    said = False
    for container in containers:
        state = child(container, "state")
        waiting = child(state, "waiting")
        ended = child(state, "terminated") or child(container, "lastState", "terminated")
        if waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            said = True
            yield f"pod {name}, container {container['name']}: {_reason(waiting)}"
        if ended.get("exitCode"):
            said = True
            code = ended["exitCode"]
            yield f"pod {name}, container {container['name']}: exit code {code}, {_reason(ended)}"
    if said:
        return
    for condition in children(status, "conditions"):
        if condition["status"] == "False" and condition.get("reason") != "PodCompleted":
            yield f"pod {name}: not {condition['type']}, {_reason(condition)}"
            return


def _reason(state: JsonObject) -> str:
    return ": ".join(str(state[key]) for key in ("reason", "message") if state.get(key))
