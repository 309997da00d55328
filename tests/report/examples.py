"""Reports of the golden files, and digests made up for what the engine seldom says."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackyard.report.change import Proposal
from stackyard.report.parse import events_in, preview_in, state_in
from stackyard.report.proposal import proposal_of
from stackyard.report.report import Report, report_of

GOLDENS = Path(__file__).parent / "goldens"
URN = "urn:pulumi:test::shop::"
DATABASE, TOPIC = "aws:rds/cluster:Cluster", "aws:sns/topic:Topic"
EVIL = (
    "<img src=x onerror=alert(1)><script>alert(2)</script>`code`|cell|"
    "${{ secrets.TOKEN }} ${HOME} $(id) @everyone #1 http://evil.example **bold**"
    "\n\n# heading\r\n</details>\x1b[31m\u202e"
)
"""A logical name may be any text."""


def golden_proposal(name: str) -> Proposal:
    folder = GOLDENS / name
    steps, faults = preview_in((folder / "preview.json").read_text(), "preview.json")
    events = events_in((folder / "events.jsonl").read_text(), "events.jsonl")
    state = None
    if name != "first-deployment":
        state = state_in((GOLDENS / "state.json").read_text(), "state.json")
    return proposal_of(steps, state=state, events=events, faults=faults)


def golden(name: str) -> Report:
    return report_of(golden_proposal(name))


def step(
    operation: str,
    name: str,
    *,
    type_: str = TOPIC,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One step of a digest; `old` and `new` are inputs."""
    urn = f"{URN}{type_}::{name}"
    state = {"urn": urn, "type": type_, "custom": True}
    given: dict[str, Any] = {"op": operation, "urn": urn, **more}
    if operation != "create":
        given["oldState"] = {**state, "inputs": dict(old or {})}
    if operation not in ("delete", "delete-replaced"):
        given["newState"] = {**state, "inputs": dict(new or {})}
    return given


def digest(*steps: Mapping[str, Any]) -> str:
    return json.dumps({"steps": steps})


def proposed(*steps: Mapping[str, Any]) -> Proposal:
    return proposal_of(preview_in(digest(*steps), "preview.json")[0])


def reported(*steps: Mapping[str, Any]) -> Report:
    return report_of(proposed(*steps))


def thousand(count: int = 1_000) -> str:
    """A digest of as many steps, with names as long and hostile as may be."""
    kinds = (
        ("update", TOPIC),
        ("create", "aws:ssm/parameter:Parameter"),
        ("replace", DATABASE),
        ("delete", "aws:s3/bucket:Bucket"),
        ("replace", "aws:ec2/subnet:Subnet"),
    )
    steps: list[dict[str, Any]] = []
    for number in range(count):
        operation, type_ = kinds[number % len(kinds)]
        name = f"{number}-{EVIL}{'x' * 5_000 if number % 10 == 0 else ''}"
        steps.append(
            step(
                operation,
                name,
                type_=type_,
                old={"name": name, "tags": {"a": "1"}},
                new={"name": f"{name}2", "tags": {"a": "1"}},
                detailedDiff={"name": {"kind": "update-replace"}} if operation == "replace" else {},
            )
        )
    return digest(*steps)
