"""Pulumi's property names and values against botocore's: translated by AWS's own shapes."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from stackyard.local.wire import JsonObject

Renames = Mapping[str, str]
"""Pulumi property to AWS member, where more than case and separators differ."""

PAIR = {"key", "value"}
NUMBERS: dict[str, type[int] | type[float]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}


def as_object(value: Any) -> JsonObject:
    """A JSON object as such; an empty one for anything else."""
    return cast("JsonObject", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """A JSON list as such; an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


@cache
def norm(name: str) -> str:
    """A name without case and separators: `dbSubnetGroupName` and `DBSubnetGroupName` meet."""
    return name.replace("_", "").replace("-", "").lower()


@cache
def members(shape: StructureShape) -> dict[str, str]:
    """The members of a structure by normalised name."""
    return {norm(name): name for name in shape.members}


def pick(shape: StructureShape, name: str, renames: Renames) -> str | None:
    """The member that a Pulumi property means."""
    return members(shape).get(norm(renames.get(name, name)))


def to_aws(shape: Shape, value: Any, renames: Renames, lost: set[str], path: str = "") -> Any:
    """A Pulumi value in the form of `shape`; paths that no member takes are added to `lost`."""
    if isinstance(shape, StructureShape):
        return _structure(shape, value, renames, lost, path)
    if isinstance(shape, ListShape):
        return _list(shape, value, renames, lost, path)
    if isinstance(shape, MapShape):
        return {k: to_aws(shape.value, v, renames, lost, path) for k, v in value.items()}
    return _scalar(shape.type_name, value)


def _structure(
    shape: StructureShape, value: Any, renames: Renames, lost: set[str], path: str
) -> JsonObject:
    if isinstance(value, list):
        items = cast("list[Any]", value)
        if {"Quantity", "Items"} <= set(shape.members):
            inner = to_aws(shape.members["Items"], items, renames, lost, path)
            return {"Quantity": len(items), "Items": inner}
        value = items[0] if items else {}
    out: JsonObject = {}
    for name, given in value.items():
        member = pick(shape, name, renames)
        if member is None:
            lost.add(f"{path}{name}")
        elif given is not None:
            inner = shape.members[member]
            out[member] = to_aws(inner, given, renames, lost, f"{path}{name}.")
    if "Quantity" in shape.members and "Quantity" not in out:
        out["Quantity"] = len(out.get("Items", ()))
    return out


def _list(shape: ListShape, value: Any, renames: Renames, lost: set[str], path: str) -> list[Any]:
    inner = shape.member
    if isinstance(value, dict) and isinstance(inner, StructureShape):
        names = {norm(name).removeprefix("tag"): name for name in inner.members}
        if set(names) <= PAIR:
            pairs = sorted(cast("JsonObject", value).items())
            return [{names["key"]: k, names["value"]: str(v)} for k, v in pairs]
    items = cast("list[Any]", value if isinstance(value, list) else [value])
    return [to_aws(inner, item, renames, lost, path) for item in items]


def _scalar(kind: str, value: Any) -> Any:
    if kind in NUMBERS:
        return NUMBERS[kind](value)
    if kind == "boolean":
        return value in (True, "true", 1)
    if kind == "blob":
        return value.encode() if isinstance(value, str) else value
    if kind == "timestamp" or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(whole(value)) if isinstance(value, dict | list) else str(whole(value))


def whole(value: Any) -> Any:
    """The same JSON with 3.0 as 3: the wire carries every number as a double."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {k: whole(v) for k, v in cast("JsonObject", value).items()}
    if isinstance(value, list):
        return [whole(v) for v in cast("list[Any]", value)]
    return value


def plain(value: Any) -> Any:
    """An AWS answer in Pulumi's style: camelCase, tag lists as maps, `Items` unwrapped."""
    if isinstance(value, dict):
        given = cast("JsonObject", value)
        if "Quantity" in given and set(given) <= {"Quantity", "Items"}:
            return [plain(item) for item in given.get("Items", [])]
        return {name[:1].lower() + name[1:]: plain(inner) for name, inner in given.items()}
    if isinstance(value, list):
        items = cast("list[Any]", value)
        pairs = tag_map(items)
        return [plain(item) for item in items] if pairs is None else pairs
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def tag_map(items: Iterable[Any]) -> dict[str, str] | None:
    """`[{Key, Value}]` or `[{TagKey, TagValue}]` as a map; None for any other or empty list."""
    out: dict[str, str] = {}
    for item in items:
        if not isinstance(item, dict):
            return None
        fields = {norm(k).removeprefix("tag"): v for k, v in cast("JsonObject", item).items()}
        if set(fields) != PAIR:
            return None
        out[fields["key"]] = fields["value"]
    return out or None


def overlay(declared: Any, answer: Any, renames: Renames) -> Any:
    """`declared` with every leaf that the cloud reports replaced by the cloud's value.

    Drift shows; what moto forgets does not, nor the order of sets or the layout of JSON texts.
    """
    if isinstance(declared, dict):
        if not isinstance(answer, dict):
            return cast("JsonObject", declared)
        low = {norm(k): v for k, v in cast("JsonObject", answer).items()}
        out: JsonObject = {}
        for name, value in cast("JsonObject", declared).items():
            key = norm(renames.get(name, name))
            out[name] = overlay(value, low[key], renames) if key in low else value
        return out
    if isinstance(declared, list):
        return _overlay_list(cast("list[Any]", declared), answer, renames)
    if answer is None or isinstance(answer, dict | list):
        return declared
    return _overlay_scalar(declared, answer)


def trim(declared: Any, answer: Any) -> Any:
    """`answer` without the keys, at any depth, that nobody declared."""
    if isinstance(declared, dict) and isinstance(answer, dict):
        known = cast("JsonObject", answer)
        pairs = cast("JsonObject", declared).items()
        return {k: trim(v, known[k]) for k, v in pairs if k in known}
    if isinstance(declared, list) and isinstance(answer, list):
        ones, others = cast("list[Any]", declared), cast("list[Any]", answer)
        if len(ones) == len(others):
            return [trim(a, b) for a, b in zip(ones, others, strict=True)]
    return cast("Any", answer)


def _overlay_list(declared: list[Any], answer: Any, renames: Renames) -> Any:
    if isinstance(answer, dict):
        answer = cast("JsonObject", answer).get("Items", [])
    if not isinstance(answer, list):
        return declared
    items = cast("list[Any]", answer)
    if any(isinstance(item, dict | list) for item in declared + items):
        if len(declared) != len(items):
            return declared
        return [overlay(a, b, renames) for a, b in zip(declared, items, strict=True)]
    same = sorted(map(str, declared)) == sorted(map(str, items))
    return declared if same else [plain(item) for item in items]


def _overlay_scalar(declared: Any, answer: Any) -> Any:
    if isinstance(declared, bool):
        return answer in (True, "true", "True")
    if isinstance(declared, int | float):
        try:
            return declared if float(answer) == declared else whole(float(answer))
        except (TypeError, ValueError):
            return declared
    if isinstance(declared, str) and declared[:1] in ("{", "["):
        return declared if same_json(declared, str(answer)) else str(answer)
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return str(answer)


def same_json(one: str, other: str) -> bool:
    """Whether two texts are the same JSON, or the same text."""
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return one == other
