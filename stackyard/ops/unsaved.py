"""A state that could not be written: what was made meanwhile, kept aside with the way back."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackyard.errors import StateFaultError
from stackyard.ops.engine import EngineRun, Workspace, events_in
from stackyard.ops.guard import COMMAND

_UNSAVED = re.compile(r"failed to save snapshot: (.*)|error: writing snapshot: (.*)")
_CREATES = ("create", "create-replacement", "import")


@dataclass(frozen=True, kw_only=True)
class Unsaved:
    """What was created and whose id no state has."""

    urn: str
    id: str


def raise_for_unsaved(run: EngineRun, workspace: Workspace) -> None:
    """Raise `StateFaultError` where a run ended because its state could not be written.

    The engine writes each creation down before it begins, and begins none that it could not write
    down: the state that is stored has all of them as pending, but for the ids. Those stand in the
    event log alone and are kept beside it. The CLI itself keeps nothing (3.259, backend/diy).
    """
    why = _UNSAVED.search("\n".join([*run.errors, run.said]))
    if why is None:
        return
    made = unsaved_in(events_in(workspace.events))
    kept = f"The ids are kept in {_keep(workspace, made)}. " if made else ""
    adopt = "".join(f" --adopt {shlex.quote(f'{each.urn}={each.id}')}" for each in made)
    raise StateFaultError(
        f"the state of the stack {workspace.stack} could not be written:"
        f" {why[1] or why[2]}\n"
        + "".join(f"  made: {each.urn}\n    its id: {each.id}\n" for each in made)
        + f"{kept}Make the backend writable again (room, rights, credentials), then bring"
        " the state up to date:\n"
        f"  {workspace.prelude}{COMMAND} repair {workspace.stack}{adopt}"
    )


def unsaved_in(events: Iterable[Mapping[str, Any]]) -> list[Unsaved]:
    """The creations that ended and whose end could not be written, in their order."""
    made: dict[str, str] = {}
    lost: set[str] = set()
    for event in events:
        metadata: dict[str, Any] = event.get("resOutputsEvent", {}).get("metadata", {})
        new: dict[str, Any] = metadata.get("new") or {}
        if metadata.get("op") in _CREATES and new.get("id"):
            made[metadata["urn"]] = new["id"]
        told: dict[str, Any] = event.get("diagnosticEvent", {})
        if told.get("severity") == "error" and _UNSAVED.search(str(told.get("message"))):
            lost.add(str(told.get("urn")))
    return [Unsaved(urn=urn, id=id_) for urn, id_ in made.items() if urn in lost]


def _keep(workspace: Workspace, made: Iterable[Unsaved]) -> Path:
    place = workspace.events.with_name(f"unsaved-{workspace.stack}.json")
    place.touch(mode=0o600)
    place.write_text(json.dumps([asdict(each) for each in made], indent=2), encoding="utf-8")
    return place
