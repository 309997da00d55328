"""The guard: what a run would lose is found on its preview, before anything is touched."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackyard.errors import DestructiveChangeError, SettingsFaultError
from stackyard.ops.engine import Workspace
from stackyard.ops.preview import PreviewStep
from stackyard.ops.stateful import STATEFUL

COMMAND = ".venv/bin/python -m stackyard"
_DELETES, _REPLACES, _CREATES = "delete", "replace", "create"


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A stateful or protected resource that would be deleted or replaced."""

    operation: str
    """`delete` or `replace`."""
    urn: str
    type: str
    protected: bool
    forced_by: tuple[str, ...] = ()
    made_instead: tuple[str, ...] = ()
    """URNs of the same type that the same update would create: a rename, perhaps."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What the user gives up, by URN, and why; it holds for one run."""

    urns: frozenset[str]
    reason: str

    @property
    def message(self) -> str:
        """What the stack's history keeps."""
        return f"{self.reason} [destroys {', '.join(sorted(self.urns))}]"


def consent_of(urns: Sequence[str], reason: str | None) -> Consent | None:
    """The options of the command. Raises `SettingsFaultError` for one without the other."""
    if not urns and reason is None:
        return None
    if not urns:
        raise SettingsFaultError("--reason says why, but not of what; add --allow-destructive URN")
    if reason is None or not reason.strip():
        raise SettingsFaultError('--allow-destructive needs --reason "why"; the history keeps it')
    return Consent(urns=frozenset(urns), reason=reason.strip())


def losses(steps: Iterable[PreviewStep]) -> list[Loss]:
    """What the steps delete or replace of stateful types or under protection, one each URN.

    A resource that is let go without being deleted (external, `retainOnDelete`) is not lost.
    """
    seen = list(steps)
    found: dict[str, Loss] = {}
    for step in seen:
        operation = _operation(step)
        protected = bool(step.old.get("protect"))
        if operation is None or not (protected or step.type in STATEFUL):
            continue
        earlier = found.get(step.urn)
        replaces = operation == _REPLACES or (earlier is not None and earlier.operation != _DELETES)
        found[step.urn] = Loss(
            operation=_REPLACES if replaces else _DELETES,
            urn=step.urn,
            type=step.type,
            protected=protected or (earlier is not None and earlier.protected),
            forced_by=step.forced_by or (earlier.forced_by if earlier else ()),
            made_instead=() if replaces else _created(seen, step.type),
        )
    return list(found.values())


def losses_of_destroy(deployment: Mapping[str, Any]) -> list[Loss]:
    """What the end of a stack takes with it: all of its state, so no preview is needed to know."""
    resources: list[dict[str, Any]] = deployment.get("resources") or []
    return losses(PreviewStep(operation=_DELETES, urn=each["urn"], old=each) for each in resources)


def judge_update(lost: Sequence[Loss], consent: Consent | None, workspace: Workspace) -> None:
    """Raise `DestructiveChangeError` unless every loss is consented to.

    Raises `SettingsFaultError` for a consent to what is not lost: most likely a misspelt URN.
    """
    allowed = consent.urns if consent else frozenset[str]()
    idle = sorted(allowed - {loss.urn for loss in lost})
    if idle:
        listed = "\n".join(f"  {urn}" for urn in idle)
        raise SettingsFaultError(
            f"--allow-destructive names what this update neither deletes nor replaces:\n{listed}"
        )
    refused = [loss for loss in lost if loss.urn not in allowed]
    if not refused:
        return
    flags = " ".join(f"--allow-destructive {shlex.quote(loss.urn)}" for loss in lost)
    raise DestructiveChangeError(
        "this update would delete or replace what holds data or is protected; nothing was"
        f" touched:\n{listing(refused)}\n"
        "Take the change back, or, if it is meant, say so for this one run:\n"
        f'  {workspace.prelude}{COMMAND} up {workspace.stack} {flags} --reason "why"'
    )


def judge_destroy(lost: Sequence[Loss], workspace: Workspace) -> None:
    """Raise `DestructiveChangeError` where anything is protected: a destroy has no other way."""
    protected = [loss for loss in lost if loss.protected]
    if protected:
        listed = "\n".join(f"  {loss.urn}" for loss in protected)
        raise DestructiveChangeError(
            f"the stack {workspace.stack} has what is protected; nothing was touched:\n{listed}\n"
            f"To end it with all it holds: set `stackyard:env: protect: false` in Pulumi."
            f"{workspace.stack}.yaml, run"
            f" `{workspace.prelude}{COMMAND} up {workspace.stack}`, then destroy it."
        )


def listing(lost: Iterable[Loss]) -> str:
    """Two lines a loss: what happens to which URN, and why and what goes with it."""
    return "\n".join(f"  {loss.operation} {loss.urn}\n    {_why(loss)}" for loss in lost)


def _why(loss: Loss) -> str:
    parts: list[str] = []
    if loss.operation == _REPLACES:
        parts.append(f"forced by {', '.join(loss.forced_by) or 'what it depends on'}")
    else:
        parts.append("the program has it no more")
    if loss.type in STATEFUL:
        parts.append(f"with it goes {STATEFUL[loss.type]}")
    if loss.protected:
        parts.append("protected")
    if loss.made_instead:
        names = ", ".join(urn.rpartition("::")[2] for urn in loss.made_instead)
        parts.append(f"made at the same time: {names} (a rename needs an alias)")
    return "; ".join(parts)


def _operation(step: PreviewStep) -> str | None:
    """`delete` or `replace`, none of a step that takes nothing away."""
    if step.old.get("external") or step.old.get("retainOnDelete"):
        return None
    if _REPLACES in step.operation or "replacement" in step.operation:
        return _REPLACES
    return _DELETES if step.operation == _DELETES else None


def _created(steps: Iterable[PreviewStep], type_: str) -> tuple[str, ...]:
    return tuple(s.urn for s in steps if s.operation == _CREATES and s.type == type_)
