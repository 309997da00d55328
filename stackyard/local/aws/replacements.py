"""Which property changes force a replacement.

Source: createOnlyProperties of the CloudFormation schemas that cfn-lint ships (moto depends on
it), brought to Pulumi's names, with the rows' own `replacing` and `in_place` on top.
"""

from functools import cache
from typing import Any, cast

from stackyard.local.aws import cloudformation, sdk
from stackyard.local.aws.kept import KINDS
from stackyard.local.aws.names import norm
from stackyard.local.aws.spec import Spec
from stackyard.local.aws.table import TABLE
from stackyard.local.wire import JsonObject

SAME = {
    "arn": "", "tags": "", "region": "",
    "clusteridentifier": "dbclusteridentifier", "identifier": "dbinstanceidentifier",
    "vpcconfig": "resourcesvpcconfig", "subnetids": "subnets", "noderolearn": "noderole",
}  # fmt: skip
"""Pulumi's name (normalised) to CloudFormation's, where they differ; nothing for never."""

Path_ = tuple[str, ...]


def replacing(token: str, olds: JsonObject, news: JsonObject) -> set[str]:
    """The top-level properties whose change, nested ones included, forces a replacement."""
    changed = {k for k in olds.keys() | news.keys() if olds.get(k) != news.get(k)}
    if not changed:
        return set()
    top, nested = force_new(token)
    out = changed & top
    for path in nested:
        if path[0] in changed and _at(olds, path) != _at(news, path):
            out.add(path[0])
    return out


@cache
def force_new(token: str) -> tuple[frozenset[str], frozenset[Path_]]:
    """Properties that replace, and nested ones as paths: `accessConfig`, `bootstrap…`."""
    spec, kind = TABLE.get(token), KINDS.get(token)
    declared = sdk.describe(token).inputs
    by_norm = {norm(name): name for name in declared}
    for name in declared:
        other = SAME.get(norm(name))
        if other is not None:
            by_norm.pop(norm(name), None)
            by_norm[other] = name
    name = (spec.name if spec else kind.name if kind else "name") or "name"
    top: set[str] = set()
    nested: set[Path_] = set()
    for pointer in _create_only(token):
        head = by_norm.get(norm(pointer[0])) or _physical(pointer[0], name, declared, token)
        if head is None:
            continue
        if len(pointer) == 1:
            top.add(head)
        else:
            nested.add((head, *pointer[1:]))
    for path in spec.replacing if spec else kind.replacing if kind else ():
        head, *inner = path.split(".")
        if inner:
            nested.add((head, *inner))
        else:
            top.add(head)
    top |= {f"{key}Prefix" for key in top if f"{key}Prefix" in declared}
    top |= _elsewhere(spec)
    top -= set(spec.in_place if spec else ())
    return frozenset(top), frozenset(nested)


def _elsewhere(spec: Spec | None) -> set[str]:
    """Another region is another object, whatever the type."""
    return (
        {"region"} if spec is None or "region" in sdk.describe(spec.pulumi_type).inputs else set()
    )


def _physical(pointer: str, name: str, declared: frozenset[str], token: str) -> str | None:
    """`GroupName` of a SecurityGroup means Pulumi's `name`."""
    low, tail = norm(pointer), token.rsplit(":", 1)[-1].lower()
    if name not in declared or not low.endswith("name"):
        return None
    head = low.removesuffix("name")
    return name if head and (tail.endswith(head) or head.endswith(tail)) else None


def _at(document: JsonObject, path: Path_) -> Any:
    value: Any = document
    for name in path:
        if isinstance(value, list):
            items = cast("list[Any]", value)
            value = items[0] if items else None
        if not isinstance(value, dict):
            return None
        low = {norm(k): v for k, v in cast("JsonObject", value).items()}
        value = low.get(norm(name))
    return value


def _create_only(token: str) -> list[Path_]:
    schema = cloudformation.schema(cloudformation.type_name(token))
    pointers: list[str] = schema.get("createOnlyProperties", [])
    return [tuple(pointer.split("/")[2:]) for pointer in pointers]
