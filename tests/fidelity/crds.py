"""Custom resources against their published schemas, those that the embedded cloud gives its API.

Kubernetes' own kinds are checked by a real API server, strictly, whenever a stack is previewed.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml
from jsonschema import Draft7Validator

from stackyard.graph.registration import Reg
from stackyard.local.kubernetes.helm import CHARTS
from tests.fidelity.finding import Finding, named

BUILT_IN = (".k8s.io", "helm.sh")
"""Ends of groups with a dot whose kinds are Kubernetes' or the provider's own."""
EVERY_OBJECT = {"apiVersion", "kind", "metadata"}


def is_custom_resource(token: str) -> bool:
    """Whether a type is none of Kubernetes' own."""
    group = _group(token)
    return token.startswith("kubernetes:") and "." in group and not group.endswith(BUILT_IN)


def problems(reg: Reg) -> Iterator[Finding]:
    """What the resource's schema refuses; a custom resource without one is a problem itself."""
    if not is_custom_resource(reg.type):
        return
    schema = _schemas().get((reg.inputs["apiVersion"], reg.inputs["kind"]))
    if schema is None:
        says = f"no definition of {reg.type.removeprefix('kubernetes:')} among the charts"
        yield Finding(resource=named(reg), place="kind", says=says)
        return
    # What every object has is Kubernetes' own, whether the definition repeats it or not.
    given = {key: value for key, value in reg.inputs.items() if key not in EVERY_OBJECT}
    for error in Draft7Validator(schema).iter_errors(given):
        place = ".".join(map(str, error.absolute_path))
        yield Finding(resource=named(reg), place=place, says=error.message)


def _group(token: str) -> str:
    return token.split(":")[1].partition("/")[0]


@cache
def _schemas() -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for file in sorted(CHARTS.glob("*/*.yaml")):
        for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if document["kind"] != "CustomResourceDefinition":
                continue
            spec = document["spec"]
            for version in spec["versions"]:
                name = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
                found[name] = _strict(version["schema"]["openAPIV3Schema"])
    return found


def _strict(schema: Any) -> Any:
    """An object takes what it lists and nothing else, as the API server's strict validation."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _strict(value) for key, value in schema.items()}
    is_open = schema.get("x-kubernetes-preserve-unknown-fields", False)
    if isinstance(schema.get("properties"), dict) and "type" in schema and not is_open:
        inner.setdefault("additionalProperties", False)
    return inner
