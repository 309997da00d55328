"""What a run that could not write its state leaves: found in its events, kept, the way back."""

import json
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import StateFaultError
from stackyard.ops.engine import EngineRun, Workspace
from stackyard.ops.unsaved import Unsaved, raise_for_unsaved, unsaved_in

WHY = "post-step event returned an error: failed to save snapshot: no space left on device"


def ended(urn: str, id_: str, operation: str = "create") -> dict[str, Any]:
    return {"resOutputsEvent": {"metadata": {"op": operation, "urn": urn, "new": {"id": id_}}}}


def failure(urn: str, message: str = WHY) -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": "error", "urn": urn, "message": message}}


def test_only_creations_whose_end_was_not_written_are_unsaved() -> None:
    events = [
        ended("urn:a", "a-1"),
        ended("urn:b", "b-1"),
        ended("urn:c", "c-1", "update"),
        ended("urn:d", ""),
        failure("urn:b"),
        failure("urn:c"),
        failure("urn:d"),
        failure("urn:a", "no room in the cloud"),
    ]

    assert unsaved_in(events) == [Unsaved(urn="urn:b", id="b-1")]


def workspace_in(folder: Path, *events: dict[str, Any]) -> Workspace:
    file = folder / "events.jsonl"
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return Workspace(root=folder, stack="prod", variables={}, events=file, log=folder / "log")


def test_the_ids_are_kept_for_the_owner_alone_and_the_command_writes_them_back(
    tmp_path: Path,
) -> None:
    workspace = workspace_in(tmp_path, ended("urn:b$x", "b-1"), failure("urn:b$x"))
    run = EngineRun(exit_code=1, seconds=1.0, changes={"create": 1}, errors=(f"b: {WHY}",))

    with pytest.raises(StateFaultError, match="no space left on device") as caught:
        raise_for_unsaved(run, workspace)

    kept = tmp_path / "unsaved-prod.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text()) == [{"urn": "urn:b$x", "id": "b-1"}]
    assert str(caught.value).splitlines()[-1].strip() == (
        ".venv/bin/python -m stackyard repair prod --adopt 'urn:b$x=b-1'"
    )


def test_a_snapshot_that_could_not_be_written_at_the_end_is_told_too(tmp_path: Path) -> None:
    run = EngineRun(exit_code=255, seconds=1.0, changes={}, said="error: writing snapshot: disk\n")

    with pytest.raises(StateFaultError, match="could not be written: disk") as caught:
        raise_for_unsaved(run, workspace_in(tmp_path))

    assert str(caught.value).splitlines()[-1].strip() == ".venv/bin/python -m stackyard repair prod"
    assert not (tmp_path / "unsaved-prod.json").exists()


def test_another_failure_is_none_of_the_states(tmp_path: Path) -> None:
    run = EngineRun(exit_code=1, seconds=1.0, changes={}, errors=("b: no room in the cloud",))

    raise_for_unsaved(run, workspace_in(tmp_path))

    assert not (tmp_path / "unsaved-prod.json").exists()
