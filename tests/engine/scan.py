"""The cloud held against the state: orphans, losses, outputs that are not true."""

import json
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.emptiness import _collections, _gone, _service
from stackyard.local.aws.store import BUCKET
from stackyard.local.kubernetes.helm import MANAGER as HELM
from stackyard.local.kubernetes.helm import RELEASE
from stackyard.local.kubernetes.kinds import Kinds
from stackyard.local.kubernetes.objects import MANAGED_BY, MANAGER, name_of
from stackyard.local.kubernetes.rest import KubeApi
from stackyard.local.properties import SECRET, SIGNATURE
from stackyard.local.wire import JsonObject, NotFoundError

JOINED_LATER = {"clusterMembers", "loadBalancerArns", "networkInterface"}
"""Outputs that later resources change in the cloud; the state has them from the next refresh on."""

Thing = tuple[str, ...]
"""Where moto keeps an object: service, region, collection, keys down to it."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What differs; three empty sets are a state that tells the truth."""

    orphans: frozenset[str] = frozenset()
    """In the cloud, and no resource of the state names it."""
    lost: frozenset[str] = frozenset()
    """In the state, and not in the cloud."""
    untrue: frozenset[str] = frozenset()
    """Outputs in the state that the cloud tells otherwise, `name.output`."""

    def __or__(self, other: "Found") -> "Found":
        return Found(
            orphans=self.orphans | other.orphans,
            lost=self.lost | other.lost,
            untrue=self.untrue | other.untrue,
        )


class AwsScan:
    """Compares moto, both ways; knows what each backend held when it was made."""

    def __init__(self) -> None:
        self._backends: list[Any] = []
        self._fresh: set[Thing] = set()

    def observe(self, backend: Any) -> None:
        """Remember a backend just made."""
        self._backends.append(backend)
        self._fresh |= {thing for thing, _ in _things(backend)}

    def compare(self, state: str) -> Found:
        """The state as it is stored against moto as it is now."""
        made, backend = made_by("aws", state), _provider(state)
        lost, untrue = set[str](), set[str]()
        for resource in made:
            name = logical_name(resource)
            try:
                outputs = _read(backend, resource)
            except NotFoundError:
                lost.add(name)
            else:
                untrue |= {f"{name}.{key}" for key in _differing(resource, outputs)}
        return Found(
            orphans=frozenset(self._orphans(state, {str(r["id"]) for r in made})),
            lost=frozenset(lost),
            untrue=frozenset(untrue),
        )

    def _orphans(self, state: str, ids: set[str]) -> Iterator[str]:
        for backend in self._backends:
            for thing, item in _things(backend):
                if thing in self._fresh:
                    continue
                names = [*thing[3:], *_own_names(item)]
                # What AWS makes along with a resource carries the resource's id in its name.
                if not any(n in state for n in names) and not any(
                    i in n for n in names for i in ids
                ):
                    yield ".".join(thing)


class KubernetesScan:
    """Compares a cluster, both ways."""

    def __init__(self, api: KubeApi) -> None:
        self._api = api

    def compare(self, state: str) -> Found:
        """The state as it is stored against the cluster as it is now."""
        made = made_by("kubernetes", state)
        released = any(r["type"] == RELEASE for r in made)
        named = {_object(r["inputs"]) for r in made if r["type"] != RELEASE}
        live = {name for name, manager in self._live() if not (released and manager == HELM)}
        return Found(orphans=frozenset(live - named), lost=frozenset(named - live))

    def _live(self) -> Iterator[tuple[str, str]]:
        """What a stack or a chart made, and which of them."""
        wanted = f"{MANAGED_BY} in ({MANAGER},{HELM})"
        for kind in Kinds(self._api).all():
            if {"list", "delete"} <= kind.verbs:
                for item in self._api.items(kind.collection(), labelSelector=wanted):
                    name = _object({"kind": kind.name, **item})
                    yield name, item["metadata"]["labels"][MANAGED_BY]


def resources_of(state: str) -> list[JsonObject]:
    """Without those whose old object is deleted and whose new one is still to come."""
    found: list[JsonObject] = json.loads(state)["checkpoint"]["latest"].get("resources", [])
    return [resource for resource in found if not resource.get("pendingReplacement")]


def made_by(package: str, state: str) -> list[JsonObject]:
    """The resources that a package's provider makes."""
    return [
        r for r in resources_of(state) if r["custom"] and str(r["type"]).startswith(f"{package}:")
    ]


def logical_name(resource: JsonObject) -> str:
    """The name that the program gives."""
    return str(resource["urn"]).rpartition("::")[2]


def _object(manifest: JsonObject) -> str:
    return f"{manifest['kind']} {name_of(manifest['metadata'])}"


def _things(backend: Any) -> Iterator[tuple[Thing, Any]]:
    for name, items in _collections(backend):
        root = (_service(backend), str(backend.region_name), name)
        for keys, item in _leaves(items):
            if not _gone(item) and keys != (BUCKET,):
                yield (*root, *keys), item


def _leaves(items: Any) -> Iterator[tuple[Thing, Any]]:
    pairs = items.items() if isinstance(items, MutableMapping) else enumerate(items)
    for key, value in list(pairs):
        if isinstance(value, MutableMapping | list):
            yield from (((str(key), *keys), leaf) for keys, leaf in _leaves(value))
        else:
            yield (str(key),), value


def _own_names(item: Any) -> list[str]:
    names = (getattr(item, each, None) for each in ("id", "arn", "name", "resource_arn"))
    return [name for name in names if isinstance(name, str) and name]


def _provider(state: str) -> AwsBackend:
    """The backend as the stack's own provider configures it; its tags are among the outputs."""
    configured = (r["inputs"] for r in resources_of(state) if r["type"] == "pulumi:providers:aws")
    return AwsBackend.in_process().configured(next(configured, {}))


def _read(backend: AwsBackend, resource: JsonObject) -> JsonObject:
    inputs = {k: v for k, v in resource["inputs"].items() if not _secret(v)}
    return backend.read(resource["type"], resource["id"], inputs)[1]


def _differing(resource: JsonObject, outputs: JsonObject) -> Iterator[str]:
    """Secrets are left out: the state holds them encrypted."""
    for key, value in resource["outputs"].items():
        hidden = _secret(value) or _secret(resource["inputs"].get(key))
        if not hidden and key not in JOINED_LATER and outputs.get(key) != value:
            yield key


def _secret(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get(SIGNATURE) == SECRET or any(map(_secret, value.values()))
    return isinstance(value, list) and any(map(_secret, value))
