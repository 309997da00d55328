"""Which changes replace a Kubernetes object: pulumi-kubernetes' list, by group and kind. Pure."""

from typing import Any

from stackyard.local.kube_json import child
from stackyard.local.properties import is_object
from stackyard.local.wire import JsonObject

AUTONAMED = "pulumi.com/autonamed"
"""Annotation of an object whose name the provider chose."""
REPLACE_UNREADY = "pulumi.com/replaceUnready"
"""Annotation of an object that is replaced where it is not ready."""

_IDENTITY = ("metadata.name", "metadata.namespace")
_STATEFUL_SET = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_CONTENT = ("data", "binaryData", "stringData", "type")

# provider/pkg/provider/diff.go of pulumi-kubernetes 4.34.
_REPLACES: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): _STATEFUL_SET,
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    ("", "Pod"): ("spec",),
    ("", "ResourceQuota"): ("spec.scopes",),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP",),
}


def replaced_properties(olds: JsonObject, news: JsonObject, *, mutable: set[str]) -> set[str]:
    """Top-level properties whose change replaces; `mutable` kinds may change their data."""
    group = str(news.get("apiVersion", "")).rpartition("/")[0]
    kind = str(news.get("kind", ""))
    paths = _IDENTITY + _REPLACES.get((group, kind), ())
    if kind in ("ConfigMap", "Secret") and (kind not in mutable or news.get("immutable")):
        paths += _CONTENT
    return {path.split(".")[0] for path in paths if _at(olds, path) != _at(news, path)}


def replaces_unready(news: JsonObject) -> bool:
    """Whether the object is one that is replaced where it is not ready: Jobs can be."""
    annotations = _at(news, "metadata.annotations")
    wanted = is_object(annotations) and annotations.get(REPLACE_UNREADY) == "true"
    return wanted and news.get("kind") == "Job"


def takes_same_name(olds: JsonObject, news: JsonObject) -> bool:
    """Whether old and new object have one name given by the program, in one namespace."""
    autonamed = child(news, "metadata", "annotations").get(AUTONAMED) == "true"
    return not autonamed and all(_at(olds, path) == _at(news, path) for path in _IDENTITY)


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if is_object(value) else None
    return value or "default" if path == "metadata.namespace" else value
