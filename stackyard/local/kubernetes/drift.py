"""Inputs as the cluster has them: what was declared, with what was changed behind it. Pure."""

import base64
from typing import Any

from stackyard.local.kube_json import child
from stackyard.local.properties import is_list, is_object
from stackyard.local.wire import JsonObject

_SERVER_FIELDS = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)
_REVISION = "deployment.kubernetes.io/revision"


def inputs_now(declared: JsonObject, applied: JsonObject | None, live: JsonObject) -> JsonObject:
    """`declared`, with `live` values where they differ from what applying it would give.

    The server writes values its own way (`1024Mi` becomes `1Gi`), so a value is drift only if
    `applied`, the answer of a dry run, differs from `live`; without one the value itself counts.
    What is not declared is nobody's drift.
    """
    if declared.get("kind") == "Secret":
        live = _with_string_data(declared, live)
        applied = _with_string_data(declared, applied) if applied else None
    return _overlay(declared, declared if applied is None else applied, live)


def _overlay(declared: Any, applied: Any, live: Any) -> Any:
    if is_object(declared) and is_object(live):
        known = applied if is_object(applied) else {}
        return {
            key: _overlay(value, known.get(key), live[key]) if key in live else value
            for key, value in declared.items()
            # What the server never keeps (`{}`, `[]`) cannot be lost.
            if key in live or key not in known or _is_empty(value)
        }
    if is_list(declared) and is_list(live) and len(declared) == len(live):
        known = applied if is_list(applied) and len(applied) == len(live) else live
        return [_overlay(*three) for three in zip(declared, known, live, strict=True)]
    return declared if live in (applied, declared) else live


def _is_empty(value: Any) -> bool:
    return (is_object(value) or is_list(value)) and not value


def _with_string_data(declared: JsonObject, found: JsonObject) -> JsonObject:
    """The server keeps a Secret's `stringData` in `data`, base64."""
    names: JsonObject = declared.get("stringData") or {}
    data = child(found, "data")
    text = {name: _decoded(data[name]) for name in names if name in data}
    return {**found, "stringData": text} if names else found


def _decoded(content: str) -> str:
    return base64.b64decode(content).decode(errors="replace")


def imported_inputs(live: JsonObject) -> JsonObject:
    """Inputs that a program could have written to get this object."""
    metadata = {k: v for k, v in child(live, "metadata").items() if k not in _SERVER_FIELDS}
    annotations = {k: v for k, v in child(metadata, "annotations").items() if k != _REVISION}
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    return {**{k: v for k, v in live.items() if k != "status"}, "metadata": metadata}
