"""Reads what the engine writes: a preview's JSON, its event log, a saved plan, an exported state.

Whatever is broken is one `SettingsFaultError` that names the file; nothing is read by half.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackyard.errors import SettingsFaultError
from stackyard.ops.preview import PreviewStep, steps_in
from stackyard.report.change import PolicyResult, StateMark, masked
from stackyard.report.shapes import items, mapping

LIMIT_BYTES = 32 << 20
"""A preview of 5,000 resources is about 20 MB: 4 kB each, with what stays the same."""
OPERATIONS = frozenset(
    {
        "same", "create", "update", "delete", "replace", "create-replacement", "delete-replaced",
        "read", "read-replacement", "refresh", "discard", "discard-replaced",
        "remove-pending-replace", "import", "import-replacement",
    }
)  # fmt: skip
"""Every step that the engine knows (pulumi 3.259, pkg/resource/deploy/step.go)."""


@dataclass(frozen=True, kw_only=True)
class Events:
    """What an event log says and a preview's JSON leaves out."""

    policy: tuple[PolicyResult, ...] = ()
    policy_seen: bool = False
    """Whether a policy pack ran."""
    order: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """The steps on each URN, in the engine's order."""
    faults: tuple[str, ...] = ()
    outputs: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    """The stack's outputs before and after, secrets masked."""


@dataclass(frozen=True, kw_only=True)
class State:
    """An exported state."""

    mark: StateMark
    resources: Sequence[Mapping[str, Any]]
    """Secrets masked."""


def text_of(file: Path) -> str:
    """A file's text; refuses what is missing, too large or no text."""
    try:
        size = file.stat().st_size
        if size > LIMIT_BYTES:
            raise SettingsFaultError(
                f"{file.name}: is {size / (1 << 20):.1f} MiB, and a report reads at most"
                f" {LIMIT_BYTES >> 20} MiB; preview without --show-sames"
            )
        return file.read_text(encoding="utf-8")
    except OSError as problem:
        raise SettingsFaultError(f"{file}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise SettingsFaultError(f"{file.name}: is no UTF-8 text") from problem


def preview_in(text: str, name: str) -> tuple[list[PreviewStep], tuple[str, ...]]:
    """The steps of `pulumi preview --json`, and the errors it ended with."""
    digest = _object(text, name)
    if not isinstance(digest.get("steps"), list):
        raise SettingsFaultError(
            f"{name}: has no list `steps`; it is not what `pulumi preview --json` prints"
        )
    for number, step in enumerate(digest["steps"]):
        _check_step(step, f"{name}: steps[{number}]")
    faults = [
        str(each.get("message", "")).strip()
        for each in map(mapping, items(digest.get("diagnostics")))
        if each.get("severity") == "error"
    ]
    return steps_in(text), tuple(faults)


def events_in(text: str, name: str) -> Events:
    """What an event log (`pulumi preview --event-log`) says beside the steps."""
    policy: dict[PolicyResult, None] = {}
    order: dict[str, list[str]] = {}
    faults: dict[str, None] = {}
    packs: Mapping[str, Any] = {}
    outputs: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    ended = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        event = _object(line, f"{name}: line {number}")
        if "policyEvent" in event:
            policy[_policy(mapping(event["policyEvent"]))] = None
        elif "resourcePreEvent" in event:
            metadata = mapping(mapping(event["resourcePreEvent"]).get("metadata"))
            _note_step(metadata, order, name, number)
        elif "resOutputsEvent" in event:
            metadata = mapping(mapping(event["resOutputsEvent"]).get("metadata"))
            outputs = _outputs(metadata) or outputs
        elif mapping(event.get("diagnosticEvent")).get("severity") == "error":
            faults[str(event["diagnosticEvent"].get("message", "")).strip()] = None
        elif "summaryEvent" in event:
            packs = mapping(mapping(event["summaryEvent"]).get("PolicyPacks"))
            ended = True
    if not ended and not faults:
        raise SettingsFaultError(
            f"{name}: has no summary; the preview that wrote it was cut off, or it is no event log"
        )
    return Events(
        policy=tuple(policy),
        policy_seen=bool(packs or policy),
        order=order,
        faults=tuple(faults),
        outputs=outputs,
    )


def plan_in(text: str, name: str) -> dict[str, list[str]]:
    """The steps of each resource in a saved plan (`pulumi preview --save-plan`)."""
    plans = _object(text, name).get("resourcePlans")
    if not isinstance(plans, dict):
        raise SettingsFaultError(
            f"{name}: has no `resourcePlans`; it is not what `pulumi preview --save-plan` writes"
        )
    given = mapping(plans).items()
    return {urn: [str(step) for step in items(mapping(plan).get("steps"))] for urn, plan in given}


def state_in(text: str, name: str) -> State:
    """An exported state (`pulumi stack export`)."""
    deployment = _object(text, name).get("deployment")
    if not isinstance(deployment, dict):
        raise SettingsFaultError(
            f"{name}: has no `deployment`; it is not what `pulumi stack export` prints"
        )
    return state_of(mapping(deployment), name)


def state_of(deployment: Mapping[str, Any], name: str) -> State:
    """A deployment, as the state's export has it."""
    resources: list[Mapping[str, Any]] = []
    for number, each in enumerate(items(deployment.get("resources"))):
        if not isinstance(mapping(each).get("urn"), str):
            raise SettingsFaultError(f"{name}: resources[{number}] has no urn")
        resources.append(masked(each))
    text = json.dumps(resources, sort_keys=True, separators=(",", ":"))
    serial = str(mapping(deployment.get("manifest")).get("time") or "") if resources else ""
    return State(
        mark=StateMark(serial=serial, hash=hashlib.sha256(text.encode()).hexdigest()),
        resources=resources,
    )


def _object(text: str, name: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text)
    except json.JSONDecodeError as problem:
        if not text.strip():
            raise SettingsFaultError(f"{name}: is empty") from problem
        raise SettingsFaultError(
            f"{name}: is no whole JSON: {problem.msg} in line {problem.lineno},"
            f" column {problem.colno}"
        ) from problem
    except RecursionError as problem:
        raise SettingsFaultError(f"{name}: is nested too deeply to be a preview") from problem
    if not isinstance(found, dict):
        raise SettingsFaultError(f"{name}: is JSON, but no object")
    return mapping(found)


def _check_step(step: Any, where: str) -> None:
    given = mapping(step)
    if not isinstance(given.get("urn"), str):
        raise SettingsFaultError(f"{where} has no urn")
    _check_operation(given.get("op"), where)
    for key in ("oldState", "newState", "detailedDiff"):
        if not isinstance(given.get(key) or {}, dict):
            raise SettingsFaultError(f"{where}: {key} is no object")


def _check_operation(operation: Any, where: str) -> None:
    if operation not in OPERATIONS:
        raise SettingsFaultError(
            f"{where}: unknown operation {str(operation)[:40]!r}; known:"
            f" {', '.join(sorted(OPERATIONS))}. A newer Pulumi CLI than 3.259 may have more:"
            " nothing is reported rather than half of it"
        )


def _note_step(
    metadata: Mapping[str, Any], order: dict[str, list[str]], name: str, number: int
) -> None:
    _check_operation(metadata.get("op"), f"{name}: line {number}")
    order.setdefault(str(metadata.get("urn", "")), []).append(metadata["op"])


def _outputs(metadata: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    if metadata.get("type") != "pulumi:pulumi:Stack":
        return None
    old, new = (
        mapping(masked(mapping(metadata.get(side)).get("outputs"))) for side in ("old", "new")
    )
    return old, new


def _policy(event: Mapping[str, Any]) -> PolicyResult:
    return PolicyResult(
        pack=str(event.get("policyPackName", "")),
        rule=str(event.get("policyName", "")),
        message=" ".join(str(event.get("message", "")).split()),
        mandatory=event.get("enforcementLevel") == "mandatory",
        urn=str(event.get("resourceUrn", "")),
    )
