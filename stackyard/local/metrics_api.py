"""metrics.k8s.io as the node answers it: pods and nodes from the samples of containers; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stackyard.local.usage import Sample
from stackyard.local.wire import JsonObject

GROUP_VERSION = "metrics.k8s.io/v1beta1"


@dataclass(frozen=True, kw_only=True)
class ContainerUse:
    """One running container and its last sample."""

    name: str
    sample: Sample


@dataclass(frozen=True, kw_only=True)
class PodUse:
    """One pod with those of its containers that were sampled."""

    namespace: str
    name: str
    node: str
    labels: Mapping[str, str]
    containers: Sequence[ContainerUse]


def resources() -> JsonObject:
    """What the group serves."""
    verbs = ["get", "list"]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": GROUP_VERSION,
        "resources": [
            {
                "name": "nodes",
                "singularName": "",
                "namespaced": False,
                "kind": "NodeMetrics",
                "verbs": verbs,
            },
            {
                "name": "pods",
                "singularName": "",
                "namespaced": True,
                "kind": "PodMetrics",
                "verbs": verbs,
            },
        ],
    }


def pod_metrics(pods: Sequence[PodUse], *, namespace: str | None, selector: str) -> JsonObject:
    """The pods of a namespace (or all) that a label selector takes. Raises `ValueError`."""
    items = [
        _pod(pod)
        for pod in pods
        if pod.containers and namespace in {None, pod.namespace} and matches(selector, pod.labels)
    ]
    return {"kind": "PodMetricsList", "apiVersion": GROUP_VERSION, "metadata": {}, "items": items}


def one_pod(pods: Sequence[PodUse], namespace: str, name: str) -> JsonObject | None:
    """The metrics of one pod; None where it was not sampled."""
    return next(
        (_pod(p) for p in pods if p.containers and (p.namespace, p.name) == (namespace, name)), None
    )


def node_metrics(pods: Sequence[PodUse]) -> JsonObject:
    """What the pods of each node use together."""
    items = [_node(name, pods) for name in sorted({pod.node for pod in pods if pod.containers})]
    return {"kind": "NodeMetricsList", "apiVersion": GROUP_VERSION, "metadata": {}, "items": items}


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether an equality selector (`app=api,slot!=blue,zone`) takes these labels.

    Raises `ValueError` for a set-based one.
    """
    for term in filter(None, (part.strip() for part in selector.split(","))):
        if " " in term or "(" in term:
            raise ValueError(f"label selector {selector!r}: use =, ==, != or a bare key")
        if "!=" in term:
            key, _, value = term.partition("!=")
            taken = labels.get(key) != value
        elif "=" in term:
            key, _, value = term.replace("==", "=").partition("=")
            taken = labels.get(key) == value
        else:
            taken = (term.lstrip("!") in labels) != term.startswith("!")
        if not taken:
            return False
    return True


def _pod(pod: PodUse) -> JsonObject:
    first = pod.containers[0].sample
    return {
        "kind": "PodMetrics",
        "apiVersion": GROUP_VERSION,
        "metadata": {"name": pod.name, "namespace": pod.namespace, "labels": dict(pod.labels)},
        "timestamp": first.taken_at,
        "window": f"{first.window_seconds:.3f}s",
        "containers": [
            {"name": container.name, "usage": _usage([container.sample])}
            for container in pod.containers
        ],
    }


def _node(name: str, pods: Sequence[PodUse]) -> JsonObject:
    samples = [c.sample for pod in pods if pod.node == name for c in pod.containers]
    return {
        "kind": "NodeMetrics",
        "apiVersion": GROUP_VERSION,
        "metadata": {"name": name},
        "timestamp": samples[0].taken_at,
        "window": f"{samples[0].window_seconds:.3f}s",
        "usage": _usage(samples),
    }


def _usage(samples: Sequence[Sample]) -> dict[str, str]:
    return {
        "cpu": f"{int(sum(s.cores for s in samples) * 1e9)}n",
        "memory": f"{sum(s.memory_bytes for s in samples) // 1024}Ki",
    }
