"""The report for machines: a JSON document, its schema, and what `up --plan` reads back of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import SettingsFaultError
from stackyard.report import values
from stackyard.report.change import Change, PolicyResult, StateMark
from stackyard.report.danger import Danger
from stackyard.report.report import VERSION, Basis, Cost, Report, Time
from stackyard.report.text import clean
from stackyard.report.verdict import exit_code, facts

NAME_CHARACTERS = 1_000
"""A URN is 5 kB at most in practice; what is longer is no name anybody reads."""


def document(report: Report) -> str:
    """The whole document; `<` and `${` are written as escapes, so that it may stand anywhere."""
    text = json.dumps(_object(report), indent=1, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace("${", "\\u0024{") + "\n"


def _object(report: Report) -> dict[str, Any]:
    return {
        "version": VERSION,
        "project": clean(report.project),
        "stack": clean(report.stack),
        "source": report.source,
        "risk": report.risk.name.lower(),
        "exitCode": exit_code(report),
        "verdict": facts(report),
        "counts": {str(operation): count for operation, count in report.counts.items()},
        "refused": [_name(urn) for urn in report.refused],
        "dangers": [_danger(danger) for danger in report.dangers],
        "blastRadius": [
            {
                "urn": _name(blast.urn),
                "size": blast.size,
                "stateful": [_name(name) for name in blast.stateful],
            }
            for blast in report.blasts
        ],
        "policy": {
            "seen": report.policy_seen,
            "cutShort": report.cut_short,
            "results": [_policy(each) for each in report.policy],
        },
        "changes": [_change(change) for change in report.changes],
        "cost": _cost(report.sections.cost),
        "time": _time(report.sections.time),
        "basis": _basis_object(report.basis),
    }


def _danger(danger: Danger) -> dict[str, Any]:
    return {
        "level": danger.level.name.lower(),
        "kind": danger.kind,
        "urn": _name(danger.urn),
        "type": _name(danger.type),
        "says": danger.says,
        "because": [_name(fact) for fact in danger.because],
        "downtime": danger.downtime,
        "instead": danger.instead,
    }


def _policy(result: PolicyResult) -> dict[str, Any]:
    return {
        "pack": _name(result.pack),
        "rule": _name(result.rule),
        "message": _name(result.message),
        "mandatory": result.mandatory,
        "urn": _name(result.urn),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "operation": str(change.operation),
        "urn": _name(change.urn),
        "type": _name(change.type),
        "paths": [_name(values.step(change, path)) for path in change.paths],
        "forcedBy": [_name(path) for path in change.forced_by],
        "deletesFirst": change.deletes_first,
    }


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {
        "low": cost.low,
        "expected": cost.expected,
        "high": cost.high,
        "before": cost.before,
        "parts": {_name(part): amount for part, amount in cost.parts},
        "levers": [
            {
                "name": each.name,
                "expected": float(each.expected),
                "saves": float(each.saves),
                "applied": each.applied,
                "note": each.note,
            }
            for each in cost.levers
        ],
        "unpriced": [_name(each) for each in cost.unpriced],
        "assumptions": [_name(each) for each in cost.assumptions],
    }


def _time(time: Time | None) -> dict[str, Any] | None:
    if time is None:
        return None
    return {"minutes": time.minutes, "path": [_name(name) for name in time.path]}


def _basis_object(basis: Basis) -> dict[str, Any]:
    state = basis.state
    return {
        "state": None if state is None else {"serial": state.serial, "hash": state.hash},
        "commit": basis.commit,
        "plan": basis.plan,
    }


def _name(text: str) -> str:
    return clean(text, NAME_CHARACTERS)


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """What a report says of itself, read back."""

    project: str
    stack: str
    basis: Basis


def reviewed(file: Path) -> Reviewed:
    """Read a report's document back. Raises `SettingsFaultError` for what is none."""
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsFaultError(f"{file}: cannot be read: {problem.strerror}") from problem
    except ValueError as problem:
        raise SettingsFaultError(f"{file.name}: is no report") from problem
    match found:
        case {
            "version": 1,
            "project": str(project),
            "stack": str(stack),
            "basis": {"state": {"serial": str(), "hash": str()} | None as state, **basis},
        }:
            return Reviewed(project=project, stack=stack, basis=_basis(state, basis))
        case _:
            raise SettingsFaultError(f"{file.name}: is no report of this version of stackyard")


def _basis(state: Mapping[str, str] | None, given: Mapping[str, Any]) -> Basis:
    mark = None if state is None else StateMark(serial=state["serial"], hash=state["hash"])
    return Basis(state=mark, commit=str(given.get("commit", "")), plan=str(given.get("plan", "")))
