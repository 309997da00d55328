"""What the engine would do to a stack whose graph becomes another one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from stackyard.graph.recorder import Graph
from stackyard.graph.registration import Reg, is_custom
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.connection import Access, Clients
from stackyard.local.backend import Backend
from stackyard.local.diff import changes
from stackyard.local.kubernetes.backend import KubernetesBackend
from stackyard.local.properties import UNKNOWN
from stackyard.local.provider import CONFIGURATION_REPLACES
from stackyard.local.random_backend import RandomBackend

NOWHERE_CLIENTS = Clients(
    Access(endpoint="http://127.0.0.1:9", access_key_id="none", secret_access_key="none")
)
"""Which properties replace is told without a call."""

BACKENDS: Mapping[str, Backend] = {
    "aws": AwsBackend(NOWHERE_CLIENTS),
    "kubernetes": KubernetesBackend("none"),
    "random": RandomBackend(),
}


@dataclass(frozen=True, kw_only=True)
class Consequences:
    """By URN."""

    replaced: Mapping[str, frozenset[str]]
    """With the properties that force it."""
    deleted: frozenset[str]


def consequences(before: Graph, after: Graph) -> Consequences:
    """What is replaced, because of its own change or of what it depends on, and what is deleted."""
    replaced: dict[str, frozenset[str]] = {}
    while True:
        found = {
            urn: forced
            for urn, reg in after.items()
            if reg.custom and urn in before and (forced := _forcing(before[urn], reg, replaced))
        }
        if found == replaced:
            break
        # What is replaced has outputs that nobody knows yet.
        replaced = found
    gone = {urn for urn, reg in before.items() if is_custom(reg) and urn not in after}
    return Consequences(replaced=replaced, deleted=frozenset(gone))


def _forcing(old: Reg, new: Reg, replaced: Mapping[str, frozenset[str]]) -> frozenset[str]:
    unknown = {name for name, urns in new.property_deps.items() if urns & replaced.keys()}
    news = {**new.inputs, **dict.fromkeys(unknown & new.inputs.keys(), UNKNOWN)}
    ignored = new.opts.get("ignoreChanges") or ()
    changed = {str(path[0]) for path in changes(old.inputs, news, ignored)}
    if new.type.startswith("pulumi:providers:"):
        return frozenset(changed & CONFIGURATION_REPLACES.get(new.type.split(":")[-1], set()))
    if new.provider in replaced:
        return frozenset({"provider"})
    backend = BACKENDS[new.type.partition(":")[0]]
    return frozenset(backend.replaces(new.type, old.inputs, news) & changed)
