"""What is read from the engine's event log."""

import json
from pathlib import Path

import pytest

from stackyard.ops.engine import run_of


def log(folder: Path, *events: object, tail: str = "") -> Path:
    file = folder / "events.jsonl"
    file.write_text("".join(f"{json.dumps(event)}\n" for event in events) + tail)
    return file


def failure(message: str, urn: str = "") -> dict[str, object]:
    return {"diagnosticEvent": {"severity": "error", "message": message, "urn": urn}}


def test_errors_are_given_once_with_the_resources_name_and_without_colour(tmp_path: Path) -> None:
    urn = "urn:pulumi:local::stackyard::aws:rds/cluster:Cluster::database"
    message = "<{%reset%}>creating: no room<{%reset%}>\n"
    events = log(tmp_path, failure(message, urn), failure(message, urn), failure("stopped"))

    run = run_of(events, exit_code=1, seconds=1.0)

    assert run.errors == ("database: creating: no room", "stopped")


def test_warnings_are_no_errors(tmp_path: Path) -> None:
    events = log(tmp_path, {"diagnosticEvent": {"severity": "warning", "message": "using aws"}})

    assert run_of(events, exit_code=0, seconds=1.0).errors == ()


def test_the_total_leaves_out_what_was_deleted(tmp_path: Path) -> None:
    changes = {"create": 2, "same": 5, "delete": 3}
    events = log(tmp_path, {"summaryEvent": {"resourceChanges": changes}})

    assert run_of(events, exit_code=0, seconds=1.0).total == 7


@pytest.mark.parametrize("tail", ['{"summaryEvent": {"resour', '{"summaryEvent": {"changes": {}}'])
def test_a_line_that_is_still_being_written_is_left_for_later(tmp_path: Path, tail: str) -> None:
    summary = {"summaryEvent": {"resourceChanges": {"same": 5}}}
    events = log(tmp_path, summary, tail=tail)

    assert run_of(events, exit_code=0, seconds=1.0).changes == {"same": 5}


def test_an_engine_that_never_began_changed_nothing(tmp_path: Path) -> None:
    run = run_of(tmp_path / "missing.jsonl", exit_code=255, seconds=0.1)

    assert (run.changes, run.errors, run.total) == ({}, (), 0)
