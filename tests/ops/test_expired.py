"""When a review stack's hours are over, by what its state says."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stackyard.ops import expired as ops
from tests.command.test_cli import write_stack
from tests.stacks.examples import PROD

WRITTEN = "2026-11-20T12:00:00.123456789Z"
ENV = {**{k: v for k, v in PROD["env"].items() if k not in {"domain", "zoneId"}}, "size": "small"}


def state(tags: Any, *, written: str | None = WRITTEN) -> dict[str, Any]:
    providers = [
        {"type": "pulumi:providers:aws", "inputs": {"region": "us-east-1"}},
        {"type": "pulumi:providers:aws", "inputs": {"defaultTags": tags}},
    ]
    manifest = {"manifest": {"time": written}} if written else {}
    return {"deployment": {**manifest, "resources": providers}}


def over_since(
    folder: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]
) -> list[tuple[int, int, datetime]]:
    """What is over in 2027, where the backend holds a stack of that state."""
    write_stack(folder, {**PROD, "env": {**ENV, "ttlHours": 72}}, "pr")

    def ask(_workspace: object, words: list[str]) -> str:
        names = ["organization/stackyard/pr-12", "prod", "pr-0", "pr-template"]
        listed = [{"name": name} for name in names]
        if words[:2] == ["stack", "ls"]:
            return json.dumps(listed)
        assert words == ["stack", "export", "--stack", "pr-12"]
        return json.dumps(found)

    monkeypatch.setattr(ops, "ask", ask)
    found_over = ops.expired(folder, datetime(2027, 1, 1, tzinfo=UTC))
    return [(each.number, each.hours, each.since) for each in found_over]


@pytest.mark.parametrize("tags", [{"tags": {"ttl-hours": "5"}}, '{"tags":{"ttl-hours":"5"}}'])
def test_the_hours_are_those_that_the_stack_was_made_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tags: Any
) -> None:
    assert over_since(tmp_path, monkeypatch, state(tags)) == [
        (12, 5, datetime(2026, 11, 20, 17, 0, 0, 123456, UTC))
    ]


def test_a_stack_that_does_not_say_has_the_hours_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((_, hours, _),) = over_since(tmp_path, monkeypatch, state(None))

    assert hours == 72


def test_a_stack_that_was_never_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert over_since(tmp_path, monkeypatch, state(None, written=None)) == []
