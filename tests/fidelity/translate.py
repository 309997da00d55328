"""A resource's inputs as the document that CloudFormation's schema speaks of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stackyard.graph.registration import Reg
from stackyard.local.aws import cloudformation, sdk
from stackyard.local.aws.kept import KINDS
from stackyard.local.aws.table import TABLE
from tests.fidelity.exceptions import ANY, EXCEPTIONS, Exception_, Means, Own
from tests.fidelity.mapping import Target
from tests.fidelity.names import match

Schema = dict[str, Any]
PAIRS = (["Key", "Value"], ["Name", "Value"])
"""Items of a list that Pulumi writes as a map."""
SUFFIX = "0f1e2d3"
"""Stands for what Pulumi appends to a logical name: seven hexadecimal digits."""
PREFIX_SUFFIX = "20261129000000000000000001"
"""What Pulumi completes a `namePrefix` with: a time and a count, 26 digits."""


@dataclass
class Document:
    """The document, and what became of each of Pulumi's properties (paths without indices)."""

    body: dict[str, Any] = field(default_factory=dict[str, Any])
    checked: set[str] = field(default_factory=set[str])
    own: dict[str, str] = field(default_factory=dict[str, str])
    """Properties that no schema speaks of, with the reason."""
    unknown: set[str] = field(default_factory=set[str])


def document_of(reg: Reg, target: Target) -> Document:
    """Every input at its place; read `unknown` before trusting `body`."""
    return _Translation(reg, target).run()


def resolve(node: Schema, root: Schema) -> Schema:
    """A schema with its reference followed."""
    while "$ref" in node:
        found: Schema = root
        for key in node["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        node = {**found, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def properties(node: Schema, root: Schema) -> dict[str, Schema]:
    """The properties of an object, those of its alternatives among them."""
    node = resolve(node, root)
    found: dict[str, Schema] = dict(node.get("properties", {}))
    for word in ("oneOf", "anyOf", "allOf"):
        for inner in node.get(word, ()):
            found = {**properties(inner, root), **found} if isinstance(inner, dict) else found
    return found


class _Translation:
    """One resource on its way; `out` is always an object of the document, `node` its schema."""

    def __init__(self, reg: Reg, target: Target) -> None:
        self.reg, self.target = reg, target
        self.root = cloudformation.schema(target.type)
        self.service, self.noun = target.type.split("::")[1:]
        self.exceptions = EXCEPTIONS.get(cloudformation.short(reg.type), {})
        self.document = Document()

    def run(self) -> Document:
        node, out = self.root, self.document.body
        for step in self.target.at:
            node, out = self._enter(node, out, step)
        self._object(_with_its_name(self.reg), node, out, owner=self.noun, prefix="")
        return self.document

    def _enter(self, node: Schema, out: Any, step: str) -> tuple[Schema, Any]:
        if step == "[]":
            out.append({})
            return resolve(resolve(node, self.root)["items"], self.root), out[0]
        inner = resolve(properties(node, self.root)[step], self.root)
        is_list = "items" in inner
        return inner, out.setdefault(step, [] if is_list else {})

    def _object(
        self, given: dict[str, Any], node: Schema, out: dict[str, Any], *, owner: str, prefix: str
    ) -> None:
        for name, value in given.items():
            path = f"{prefix}{name}"
            if value is None:
                continue
            where = self._where(path, value, node, owner)
            if where is None and path == "region":
                # The schema that the document meets is that region's own.
                self.document.checked.add(path)
            elif where is None:
                self.document.unknown.add(path)
            elif isinstance(where, Own):
                self.document.own[path] = where.reason
            elif where == "":
                self._object(_first(value), node, out, owner=owner, prefix=f"{path}.")
            else:
                self.document.checked.add(path)
                self._place(where, value, node, out, path)

    def _where(self, path: str, value: Any, node: Schema, owner: str) -> Exception_ | None:
        if path in self.exceptions:
            return self.exceptions[path]
        name = path.rpartition(".")[2]
        known = properties(node, self.root)
        lists = {
            one
            for one, schema in known.items()
            if isinstance(value, list) or "items" in resolve(schema, self.root)
        }
        found = match(name, known, lists=lists, service=self.service, owner=owner)
        if found is None and name == "tags" and "Tags" in properties(self.root, self.root):
            return "/Tags"
        if found is None and name == "namePrefix":
            return self._where("name", value, node, owner)
        return found or ANY.get(path)

    def _place(
        self, where: str | Means, value: Any, node: Schema, out: dict[str, Any], path: str
    ) -> None:
        if isinstance(where, Means):
            out.update(where.also)
            where, value = where.at, where.values.get(value, value)
        if where.startswith("/"):
            where, node, out = where[1:], self.root, self.document.body
        *steps, last = where.split(".")
        for step in steps:
            inner = resolve(properties(node, self.root)[step], self.root)
            if "items" in inner:
                out = out.setdefault(step, [{}])[0]
                node = resolve(inner["items"], self.root)
            else:
                out, node = out.setdefault(step, {}), inner
        value = f"{value}{PREFIX_SUFFIX}" if path.endswith("namePrefix") else value
        out[last] = self._value(value, properties(node, self.root)[last], path, last)

    def _value(self, value: Any, node: Schema, path: str, owner: str) -> Any:
        node = resolve(node, self.root)
        if "items" in node and isinstance(value, dict) and set(value) == {"quantity", "items"}:
            value = value["items"]
        if "items" in node:
            return self._list(value, node, path, owner)
        inner = properties(node, self.root)
        if isinstance(value, list):
            return self._from_list(value, node, path, owner)
        if isinstance(value, dict):
            if not inner:
                return value
            out: dict[str, Any] = {}
            self._object(value, node, out, owner=owner, prefix=f"{path}.")
            return out
        if len(inner) == 1 and "object" in _types(node):
            ((only, schema),) = inner.items()
            return {only: self._value(value, schema, path, only)}
        return _scalar(value, _types(node))

    def _list(self, value: Any, node: Schema, path: str, owner: str) -> list[Any]:
        keys = sorted(properties(node["items"], self.root))
        if isinstance(value, dict) and keys in PAIRS:
            return [dict(zip(keys, pair, strict=True)) for pair in sorted(value.items())]
        items: list[Any] = value if isinstance(value, list) else [value]
        return [self._value(item, node["items"], path, owner) for item in items]

    def _from_list(self, value: list[Any], node: Schema, path: str, owner: str) -> Any:
        """A list where the schema wants none: counted items, pairs, a block that occurs once."""
        inner = properties(node, self.root)
        if set(inner) == {"Items", "Quantity"}:
            items = self._value(value, inner["Items"], path, owner)
            return {"Items": items, "Quantity": len(items)}
        if value and all(isinstance(item, dict) and "value" in item for item in value):
            self.document.checked |= {f"{path}.name", f"{path}.value"}
            if any("applyMethod" in item for item in value):
                self.document.own[f"{path}.applyMethod"] = "when it holds: the provider's call"
            return {item.get("name"): item["value"] for item in value}
        if len(value) == 1:
            return self._value(value[0], node, path, owner)
        return value


def _with_its_name(reg: Reg) -> dict[str, Any]:
    """The inputs, with the name that Pulumi makes where the program leaves it."""
    spec, kind = TABLE.get(reg.type), KINDS.get(reg.type)
    name = (spec.name if spec else kind.name if kind else "") or ""
    known = sdk.describe(reg.type)
    if not name and "name" in known.inputs - known.required:
        name = "name"
    if not name or name in reg.inputs or f"{name}Prefix" in reg.inputs:
        return reg.inputs
    return {**reg.inputs, name: f"{reg.name}-{SUFFIX}"}


def _first(value: Any) -> dict[str, Any]:
    return value[0] if isinstance(value, list) else value


def _types(node: Schema) -> Sequence[str]:
    given = node.get("type", ())
    return (given,) if isinstance(given, str) else given


def _scalar(value: Any, types: Sequence[str]) -> Any:
    """Pulumi carries some numbers and truths as texts, and some texts as numbers."""
    if isinstance(value, str) and "string" not in types:
        if "boolean" in types and value in {"true", "false"}:
            return value == "true"
        if {"integer", "number"} & set(types) and value.lstrip("-").isdigit():
            return int(value)
    if types and set(types) <= {"string"} and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value
