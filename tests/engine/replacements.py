"""`make replacements`: which changes replace what holds state, as the engine says it.

Every property of every such type is changed on copies of the resource as the program declares it;
one preview names, for each copy, the properties that force its replacement.
"""

import contextvars
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from stackyard.graph.recorder import Graph
from stackyard.local.aws.backend import AwsBackend
from stackyard.local.aws.sdk import describe
from stackyard.local.backend import Backend
from stackyard.local.random_backend import RandomBackend
from stackyard.local.wire import JsonObject
from tests.engine.rig import Rig
from tests.graph.consequences import NOWHERE_CLIENTS
from tests.graph.setting_changes import LOSSES
from tests.graph.stacks import ROOT, graph_of

PAGE = ROOT / "docs" / "replacements.md"
SDKS = {"aws": "pulumi_aws", "random": "pulumi_random"}

HEAD = """\
# What a change replaces

A replacement makes a new object and deletes the old one, with what it holds. For everything in a
stack that holds state, or that others know by its name: which property changes replace it, and
which of those that this program sets (**bold**) change it in place. Written by `make replacements`
from a preview of the engine, over the embedded cloud's own judgement of differences; never by hand.

| type | replaced by | changed in place |
|---|---|---|
"""
SETTINGS_HEAD = """
## Settings of a production stack

A test gives every setting of `Pulumi.prod.yaml` another value, one at a time. These would replace
or delete what cannot be had back; `stackyard up` refuses them, with exit code 6, before anything is
touched. No other setting does.

| setting | replaced | deleted |
|---|---|---|
"""

SHOWN = (
    "aws:rds/cluster:Cluster",
    "aws:rds/clusterInstance:ClusterInstance",
    "aws:rds/clusterParameterGroup:ClusterParameterGroup",
    "aws:rds/parameterGroup:ParameterGroup",
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    "aws:elasticache/parameterGroup:ParameterGroup",
    "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:elasticache/userGroup:UserGroup",
    "aws:elasticache/user:User",
    "aws:s3/bucket:Bucket",
    "aws:kms/key:Key",
    "aws:secretsmanager/secret:Secret",
    "aws:eks/cluster:Cluster",
    "aws:eks/nodeGroup:NodeGroup",
    "aws:cloudfront/distribution:Distribution",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lb/targetGroup:TargetGroup",
    "random:index/randomPassword:RandomPassword",
    "random:index/randomId:RandomId",
)


class Hollow(AwsBackend):
    """Makes nothing: judges inputs and differences as the package does, and takes the rest."""

    def configured(self, args: JsonObject) -> "Hollow":
        del args
        return self

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        del token, timeout
        return name, inputs


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A resource as the program declares it, and the same with some of its inputs changed."""

    token: str
    paths: tuple[str, ...]
    """What is changed: properties, or one place inside a property that is an object."""
    before: JsonObject
    after: JsonObject


@dataclass(frozen=True, kw_only=True)
class Row:
    """A type's property paths, as the engine's preview judged their change."""

    replaced: list[str]
    in_place: list[str]
    declared: frozenset[str]
    """Properties that the program sets."""


def observed() -> Mapping[str, Row]:
    """By type."""
    # The SDK's settings live in the context: what a recorded run sets there, no other run may see.
    prod = contextvars.copy_context().run(graph_of, "prod")
    copies = {f"copy-{i}": copy for i, copy in enumerate(_copies(prod))}
    backends: dict[str, Backend] = {"aws": Hollow(NOWHERE_CLIENTS), "random": RandomBackend()}
    with tempfile.TemporaryDirectory() as folder:
        rig = Rig(Path(folder), lambda: _register(copies, changed=False), backends)
        rig.up()
        rig.program = lambda: _register(copies, changed=True)
        steps = rig.planned()
        rig.close()
    forced: defaultdict[str, set[str]] = defaultdict(set)
    for step in steps:
        forced[step.urn.rpartition("::")[2]] |= set(step.keys or ())
    rows: dict[str, Row] = {}
    for name, copy in copies.items():
        row = Row(replaced=[], in_place=[], declared=frozenset(copy.before))
        row = rows.setdefault(copy.token, row)
        for path in copy.paths:
            replaces = path.partition(".")[0] in forced[name]
            (row.replaced if replaces else row.in_place).append(path)
    return rows


def _register(copies: Mapping[str, Copy], *, changed: bool) -> None:
    for name, copy in copies.items():
        pulumi.CustomResource(copy.token, name, copy.after if changed else copy.before)


def _copies(graph: Graph) -> Iterator[Copy]:
    """Of each type one of which all is changed that is no object, and one for each place in one."""
    for token in SHOWN:
        given: JsonObject = {}
        for reg in reversed(graph.all(token)):
            ignored = reg.opts.get("ignoreChanges") or ()
            given |= {key: value for key, value in reg.inputs.items() if key not in ignored}
        names = describe(token, SDKS[token.partition(":")[0]]).inputs
        whole = {name: _other(given.get(name)) for name in sorted(names)}
        inside = [name for name in whole if isinstance(given.get(name), dict)]
        flat = {name: value for name, value in whole.items() if name not in inside}
        yield Copy(token=token, paths=tuple(flat), before=given, after={**given, **flat})
        for name in inside:
            for path, value in _changes(given[name]):
                after = {**given, name: value}
                yield Copy(token=token, paths=(f"{name}.{path}",), before=given, after=after)


def _changes(value: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """The object with one leaf changed, for each leaf."""
    for key, inner in sorted(value.items()):
        if isinstance(inner, dict):
            for path, changed in _changes(inner):
                yield f"{key}.{path}", {**value, key: changed}
        else:
            yield key, {**value, key: _other(inner)}


def _other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case list():
            return [*value, "other"]
        case _:
            return f"{value or ''}other"


def page(rows: Mapping[str, Row]) -> str:
    """The whole of docs/replacements.md."""
    lines = [HEAD]
    for token, row in rows.items():
        replaced = sorted(row.replaced, key=lambda path: (not _set(path, row), path))
        kept = sorted(path for path in row.in_place if _set(path, row))
        cells = (f"`{token}`", _listed(replaced, row), _listed(kept, row))
        lines.append(f"| {' | '.join(cells)} |\n")
    lines.append(SETTINGS_HEAD)
    for path, loss in sorted(LOSSES.items()):
        cells = (f"`{path}`", *(", ".join(sorted(names)) or "nothing" for names in loss))
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def _set(path: str, row: Row) -> bool:
    return path.partition(".")[0] in row.declared


def _listed(paths: list[str], row: Row) -> str:
    shown = (f"**`{path}`**" if _set(path, row) else f"`{path}`" for path in paths)
    return ", ".join(shown) or "nothing"


if __name__ == "__main__":
    PAGE.write_text(page(observed()), encoding="utf-8")
