"""Kinds and their REST paths, as the API server's discovery tells them."""

import threading
from dataclasses import dataclass

from stackyard.local.kube_json import child, children
from stackyard.local.kubernetes.rest import KubeApi, segment
from stackyard.local.wire import JsonObject

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class UnknownKindError(LookupError):
    """The API server serves no such kind."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind that the API server serves."""

    api_version: str
    name: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]

    def collection(self, namespace: str = "") -> str:
        """The path of the objects of a namespace; of all namespaces without one."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else "/api/v1"
        inside = f"/namespaces/{segment(namespace)}" if self.namespaced and namespace else ""
        return f"{root}{inside}/{self.plural}"

    def path(self, metadata: JsonObject) -> str:
        """The path of one object, by its metadata; namespace `default` if it names none."""
        namespace = metadata.get("namespace") or "default"
        return f"{self.collection(namespace)}/{segment(metadata['name'])}"


class Kinds:
    """What one API server serves; asked once, and again when a kind is not among it."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], Kind] = {}

    def of(self, api_version: str, kind: str) -> Kind:
        """Raises `UnknownKindError`."""
        with self._lock:
            if (api_version, kind) not in self._known:
                self._known = {(k.api_version, k.name): k for k in self._discover()}
            found = self._known.get((api_version, kind))
        if found is None:
            raise UnknownKindError(
                f"the API server serves no {kind} of {api_version}; "
                "if a chart or a CustomResourceDefinition brings it, depend on that"
            )
        return found

    def all(self) -> list[Kind]:
        """Every kind of the preferred versions, as it is now."""
        return self._discover(preferred=True)

    def _discover(self, *, preferred: bool = False) -> list[Kind]:
        found: list[Kind] = []
        for root in ("/api", "/apis"):
            answer = self._api.call("GET", root, headers={"Accept": _AGGREGATED})
            for group in children(answer, "items"):
                versions = children(group, "versions")
                for version in versions[:1] if preferred else versions:
                    found += _kinds(child(group, "metadata").get("name"), version)
        return found


def _kinds(group: str | None, version: JsonObject) -> list[Kind]:
    api_version = f"{group}/{version['version']}" if group else version["version"]
    return [
        Kind(
            api_version=api_version,
            name=resource["responseKind"]["kind"],
            plural=resource["resource"],
            namespaced=resource["scope"] == "Namespaced",
            verbs=frozenset(resource["verbs"]),
        )
        for resource in children(version, "resources")
        if child(resource, "responseKind").get("kind")
    ]
