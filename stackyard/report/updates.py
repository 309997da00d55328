"""Dangers of updates in place: engine upgrades, restarts, weights, secrets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Required, TypedDict, Unpack

from stackyard.report.change import (
    UNKNOWN,
    Change,
    Operation,
    Proposal,
    holds_secret,
)
from stackyard.report.danger import Danger, Level
from stackyard.report.shapes import items, mapping
from stackyard.report.values import moved_to

ENGINES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "aws:rds/cluster:Cluster": (
        ("engineVersion", "engine"),
        "the writer restarts: 1 to 10 min",
        "an RDS blue/green deployment upgrades a copy and switches within a minute",
    ),
    "aws:rds/globalCluster:GlobalCluster": (
        ("engineVersion",),
        "every region's writer restarts",
        "upgrade the regions one at a time",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        ("engineVersion", "engine"),
        "a failover of seconds with a replica, minutes without",
        "upgrade a copy made from a snapshot first",
    ),
    "aws:elasticache/serverlessCache:ServerlessCache": (
        ("majorEngineVersion", "engine"),
        "connections are made anew",
        "upgrade a copy made from a snapshot first",
    ),
    "aws:eks/cluster:Cluster": (
        ("version",),
        "the API answers on; nodes and add-ons follow by their own updates",
        "upgrade staging first: a control plane cannot go back",
    ),
}
"""By type: properties of the engine's version, what users notice, the safer way."""
RESTARTS = {
    "aws:rds/clusterInstance:ClusterInstance": (
        ("instanceClass",),
        "a failover of about 30 s with a reader, about 10 min without",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        ("nodeType",),
        "a failover of seconds",
    ),
    "aws:eks/nodeGroup:NodeGroup": (("version", "releaseVersion"), "every node is drained"),
    "aws:eks/addon:Addon": (("addonVersion",), "its pods are replaced one by one"),
    "kubernetes:helm.sh/v3:Release": (("version",), "its pods are replaced"),
}


def of_engines(proposal: Proposal) -> Iterator[Danger]:
    """Versions of engines that change."""
    for change in _updated(proposal):
        properties, downtime, instead = ENGINES.get(change.type, ((), "", ""))
        moved = [each for each in properties if _moved(change, each)]
        if not moved:
            continue
        old, new = (str(side.get(moved[0])) for side in (change.old, change.new))
        down = _numbers(new) < _numbers(old)
        major = "engine" in moved or _numbers(old)[:1] != _numbers(new)[:1]
        word = "downgrades" if down else "upgrades"
        yield _danger(
            change,
            Level.HIGH,
            "engine-upgrade",
            says=f"{word} its engine{' by a major version' if major else ''}: no way back in place",
            because=tuple(moved_to(change, each) for each in moved),
            downtime=downtime,
            instead=instead,
        )


def of_restarts(proposal: Proposal) -> Iterator[Danger]:
    """Sizes and versions that restart what runs."""
    for change in _updated(proposal):
        properties, downtime = RESTARTS.get(change.type, ((), ""))
        moved = tuple(moved_to(change, each) for each in properties if _moved(change, each))
        if moved:
            yield _danger(
                change,
                Level.MEDIUM,
                "restart",
                says="restarts",
                because=moved,
                downtime=downtime,
            )


def of_weights(proposal: Proposal) -> Iterator[Danger]:
    """Weights of a load balancer's target groups that change."""
    for change in _updated(proposal):
        if change.type not in ("aws:lb/listener:Listener", "aws:lb/listenerRule:ListenerRule"):
            continue
        old, new = _weights(change.old), _weights(change.new)
        if old == new or not (old and new):
            continue
        places = sorted(old.keys() | new.keys())
        yield _danger(
            change,
            Level.MEDIUM,
            "weights",
            says="moves traffic between target groups",
            because=tuple(
                f"{place}: {old.get(place, 0)} → {new.get(place, 0)}"
                for place in places
                if old.get(place) != new.get(place)
            ),
            downtime="none if the group that takes over has healthy targets",
            instead="a release (stackyard release) shifts in steps and goes back by itself",
        )


def of_secrets(proposal: Proposal) -> Iterator[Danger]:
    """Values that were secret and become plain; never the value."""
    for change in proposal.changes:
        if change.operation in (Operation.CREATE, Operation.DELETE):
            continue
        plain = tuple(_plain_now(change.old, change.new, ()))
        if plain:
            yield _danger(
                change,
                Level.HIGH,
                "secret-plain",
                says="shows a secret as plain text: in the state, in previews, in logs",
                because=plain,
                instead="keep it wrapped (pulumi.Output.secret, config set --secret), then rotate"
                " it if it was ever stored plain",
            )


def _updated(proposal: Proposal) -> Iterator[Change]:
    return (change for change in proposal.changes if change.operation is Operation.UPDATE)


class _Words(TypedDict, total=False):
    because: Required[tuple[str, ...]]
    downtime: str
    instead: str


def _danger(
    change: Change, level: Level, kind: str, *, says: str, **words: Unpack[_Words]
) -> Danger:
    return Danger(
        level=level,
        kind=kind,
        urn=change.urn,
        name=change.name,
        type=change.type,
        says=says,
        **words,
    )


def _moved(change: Change, key: str) -> bool:
    old, new = change.old.get(key), change.new.get(key)
    return old is not None and new is not None and old != new


def _numbers(version: str) -> list[int]:
    """The parts of a version; Aurora's own come after the name: `8.0.mysql_aurora.3.10.0`."""
    return [int(part) for part in re.findall(r"\d+", version)]


def _weights(inputs: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    actions = items(inputs.get("defaultActions")) or items(inputs.get("actions"))
    for action in map(mapping, actions):
        groups = items(mapping(action.get("forward")).get("targetGroups"))
        for at, group in enumerate(map(mapping, groups)):
            found[_group_name(str(group.get("arn", "")), at)] = int(group.get("weight") or 0)
    return found


def _group_name(arn: str, at: int) -> str:
    parts = arn.split("/")
    return parts[1] if len(parts) > 2 and ":targetgroup/" in arn else f"group {at + 1}"


def _plain_now(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        before, after = mapping(old), mapping(new)
        for key in sorted(before.keys() & after.keys()):
            yield from _plain_now(before[key], after[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        for at, (one, other) in enumerate(zip(items(old), items(new), strict=False)):
            yield from _plain_now(one, other, (*path, f"[{at}]"))
    elif holds_secret(old) and not holds_secret(new) and _is_known(new):
        yield ".".join(path).replace(".[", "[")


def _is_known(value: Any) -> bool:
    return value not in (None, "", {}, [], UNKNOWN)
