"""`stackyard repair`: operations that a killed engine left, looked up and adopted or cleared."""

import json
import socket
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stackyard.errors import LockedError, SettingsFaultError, StackyardError, StateFaultError
from stackyard.ops.engine import Workspace, operate
from stackyard.ops.faults import ask, raise_for
from stackyard.ops.locks import locked_message, locks_of, runs_here
from stackyard.ops.lookup import NotLookedUpError
from stackyard.ops.repair_state import (
    CREATING,
    Adopted,
    JsonObject,
    PendingOperation,
    pending_in,
    resources_of,
    without_pending,
)
from stackyard.progress import Progress, Step

Find = Callable[[JsonObject, Sequence[JsonObject]], list[str]]
"""The ids under which a resource may be outside the state, as `lookup.candidates`."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """What the user has decided where looking up does not."""

    adopt: Mapping[str, str] = field(default_factory=dict[str, str])
    """URN to id."""
    forget: frozenset[str] = frozenset()
    """URNs."""


@dataclass(frozen=True, kw_only=True)
class Repaired:
    """What was done about one operation."""

    urn: str
    type: str
    done: str


def ways_of(adopt: Sequence[str], forget: Sequence[str]) -> Ways:
    """The options of the command. Raises `SettingsFaultError` for one that is no `URN=ID`."""
    pairs: dict[str, str] = {}
    for text in adopt:
        # Neither a type nor a logical name is known to hold "=".
        urn, _, id_ = text.partition("=")
        if not urn.startswith("urn:") or not id_:
            raise SettingsFaultError(f"--adopt {text}: is no URN=ID, such as urn:pulumi:...=vpc-1")
        pairs[urn] = id_
    return Ways(adopt=pairs, forget=frozenset(forget))


def report(repaired: Sequence[Repaired]) -> str:
    """What was done, two lines an operation."""
    if not repaired:
        return "no operation was cut off"
    return "\n".join(f"{r.type} {r.urn}\n  {r.done}" for r in repaired)


def repair(workspace: Workspace, ways: Ways, find: Find, progress: Progress) -> list[Repaired]:
    """Look up every operation that was cut off; adopt what is there, clear what is not.

    Nothing is changed unless all of them are decided. Raises `StateFaultError` with the options
    that decide the others.
    """
    with progress.step("repair") as step:
        _free(workspace)
        state = _export(workspace)
        found = pending_in(state)
        _check(ways, found)
        done = _settled(workspace, state, found, ways, find, step) if found else []
        step.says(f"{len(done)} operations settled" if done else "nothing to do")
    return done


def _free(workspace: Workspace) -> None:
    """Take away the lock that a killed engine has left; raise `LockedError` for any other."""
    locks = locks_of(workspace)
    if any(not lock.stale(socket.gethostname(), runs_here) for lock in locks):
        raise LockedError(locked_message(locks, workspace))
    if locks:
        ask(workspace, ["cancel", "--yes"])


def _settled(  # noqa: PLR0913, PLR0917  # what `repair` has
    workspace: Workspace,
    state: JsonObject,
    found: Sequence[PendingOperation],
    ways: Ways,
    find: Find,
    step: Step,
) -> list[Repaired]:
    adopted = _decide(found, resources_of(state), ways, find)
    before = without_pending(state, adopted)
    _import(workspace, before)
    _refresh(workspace, _targets(found, adopted, before), step)
    after = _export(workspace)
    left = pending_in(after)
    if left:
        raise StateFaultError(f"still unknown after the repair: {', '.join(p.urn for p in left)}")
    earlier, now = resources_of(state), resources_of(after)
    return [
        Repaired(urn=p.urn, type=p.type, done=_done(p, earlier, now, ways.forget)) for p in found
    ]


def _check(ways: Ways, found: Sequence[PendingOperation]) -> None:
    known = {p.urn for p in found}
    unknown = sorted((set(ways.adopt) | ways.forget) - known)
    if unknown:
        listed = "\n".join(f"  {urn}" for urn in sorted(known)) or "  none"
        raise SettingsFaultError(
            f"{unknown[0]} has no operation that was cut off; there are:\n{listed}"
        )


def _decide(
    found: Sequence[PendingOperation], resources: list[JsonObject], ways: Ways, find: Find
) -> list[Adopted]:
    adopted: list[Adopted] = []
    undecided: list[str] = []
    # A provider may have been cut off as well; what it was given tells the region.
    around = resources + [p.resource for p in found if p.resource["type"].startswith("pulumi:")]
    for each in (p for p in found if p.type == CREATING and p.urn not in ways.forget):
        given = ways.adopt.get(each.urn)
        try:
            ids = [given] if given else find(each.resource, around)
        except NotLookedUpError as problem:
            undecided.append(f"{each.urn}\n  not looked up: {problem}\n{_options(each.urn, 'ID')}")
            continue
        claimed = [a.id for a in adopted if a.resource["type"] == each.resource["type"]]
        if len(ids) > 1 or set(ids) & set(claimed):
            undecided.append(f"{each.urn}\n  may be one of these\n{_options(each.urn, *ids)}")
        else:
            adopted += [Adopted(resource=each.resource, id=id_) for id_ in ids]
    if undecided:
        listed = "\n".join(undecided)
        raise StateFaultError(
            f"{listed}\nNothing was changed; run the command again with one option for each."
        )
    return adopted


def _options(urn: str, *ids: str) -> str:
    ways = [f"    --adopt '{urn}={id_}'" for id_ in ids]
    return "\n".join([*ways, f"    --forget '{urn}'   if there is none, or none is wanted"])


def _export(workspace: Workspace) -> JsonObject:
    return JsonObject(json.loads(ask(workspace, ["stack", "export"])))


def _import(workspace: Workspace, state: JsonObject) -> None:
    """Put the state in the place of the stack's; the engine drops its pending operations."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(state), encoding="utf-8")
        ask(workspace, ["stack", "import", "--file", str(file)])


def _targets(
    found: Sequence[PendingOperation], adopted: Sequence[Adopted], state: JsonObject
) -> list[str]:
    """What is read anew: adopted, or not known to have changed."""
    touched = {a.resource["urn"] for a in adopted} | {p.urn for p in found if p.type != CREATING}
    custom = {r["urn"] for r in resources_of(state) if r.get("custom")}
    return sorted(touched & custom)


def _refresh(workspace: Workspace, urns: Sequence[str], step: Step) -> None:
    """Ask the providers; what is not there leaves the state again."""
    if not urns:
        return
    words = ["refresh", *(word for urn in urns for word in ("--target", urn))]
    run = operate(workspace, words, on_progress=lambda now: step.says(f"{now.done} read"))
    try:
        raise_for(run, workspace)
    except StackyardError as problem:
        raise StateFaultError(
            f"{problem}\nUntil it is read, nobody knows what is there of: {', '.join(urns)}"
        ) from problem


def _done(
    each: PendingOperation,
    earlier: Sequence[JsonObject],
    after: Sequence[JsonObject],
    forgotten: frozenset[str],
) -> str:
    """What became of an operation, in words."""
    there = [r for r in after if r["urn"] == each.urn]
    if each.type != CREATING:
        return "read anew" if there else "not there"
    if each.urn in forgotten:
        return "forgotten, as told"
    had = {r.get("id") for r in earlier if r["urn"] == each.urn}
    made = [r for r in there if r.get("id") not in had]
    if not made:
        return "cleared: nothing was made"
    if made[-1].get("delete"):
        return f"{made[-1]['id']}: the stack has another, so the next up deletes this one"
    return f"adopted as {made[-1]['id']}"
