"""Broken input: one clear line that names the file, and no report."""

import json
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import SettingsFaultError, StackyardError
from stackyard.report.parse import (
    LIMIT_BYTES,
    events_in,
    plan_in,
    preview_in,
    state_in,
    text_of,
)
from stackyard.report.proposal import check_plan, proposal_of
from stackyard.report.report import report_of
from stackyard.report.verdict import accepts, exit_code, policy_words
from tests.report.examples import GOLDENS, TOPIC, URN, digest, step

WHOLE = (GOLDENS / "image" / "preview.json").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (WHOLE[: len(WHOLE) // 2], "is no whole JSON"),
        ("[]", "is JSON, but no object"),
        ('{"deployment": {}}', "has no list `steps`"),
        ('{"steps": null}', "has no list `steps`"),
        ('{"steps": [{"op": "same"}]}', r"steps\[0\] has no urn"),
        ('{"steps": [1]}', r"steps\[0\] has no urn"),
        (
            digest(step("same", "a"), step("explode", "b")),
            r"steps\[1\]: unknown operation 'explode'",
        ),
        ('{"steps": [{"op": "same", "urn": "u", "oldState": 3}]}', "oldState is no object"),
        ("[" * 100_000, "nested too deeply|no whole JSON"),
    ],
)
def test_a_broken_preview_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(SettingsFaultError, match=rf"^preview\.json: .*({says})"):
        preview_in(text, "preview.json")


def test_a_file_of_64_mib_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    with file.open("wb") as sparse:
        sparse.truncate(64 << 20)

    with pytest.raises(SettingsFaultError, match=r"is 64\.0 MiB, and a report reads at most 32"):
        text_of(file)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "preview.json"
    file.write_bytes(b" " * LIMIT_BYTES)

    assert len(text_of(file)) == LIMIT_BYTES


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsFaultError, match=r"none\.json: cannot be read: No such file"):
        text_of(tmp_path / "none.json")


def test_what_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "preview.json").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingsFaultError, match="is no UTF-8 text"):
        text_of(tmp_path / "preview.json")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"preludeEvent": {}}\n', "has no summary"),
        ('{"resourcePreEvent": {"metadata": {"op": "explode"}}}', "line 1: unknown operation"),
        ('{"summaryEvent": {}}\n{"trunc', "line 2: is no whole JSON"),
        ("", "has no summary"),
    ],
)
def test_a_broken_event_log_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(SettingsFaultError, match=says):
        events_in(text, "events.jsonl")


def test_a_plan_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsFaultError, match="has no `resourcePlans`"):
        plan_in("{}", "plan.json")


def test_a_plan_of_another_preview_is_refused() -> None:
    steps, _ = preview_in(digest(step("create", "a"), step("same", "b")), "preview.json")

    check_plan({f"{URN}{TOPIC}::a": ["create"], f"{URN}{TOPIC}::b": ["same"]}, steps)
    with pytest.raises(SettingsFaultError, match=r"not of one run: 1 resources .* first 'a'"):
        check_plan({}, steps)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "has no `deployment`"),
        ('{"deployment": {"resources": [{}]}}', r"resources\[0\] has no urn"),
    ],
)
def test_a_broken_state_is_one_clear_line(text: str, says: str) -> None:
    with pytest.raises(SettingsFaultError, match=says):
        state_in(text, "state.json")


def test_a_state_of_another_stack_is_refused() -> None:
    steps, _ = preview_in(digest(step("create", "a")), "preview.json")
    other = {"deployment": {"resources": [{"urn": "urn:pulumi:prod::shop::a:b:C::d"}]}}

    with pytest.raises(SettingsFaultError, match="not of one stack: shop/prod, shop/test"):
        proposal_of(steps, state=state_in(json.dumps(other), "state.json"))


def test_a_states_mark_does_not_see_how_secrets_are_encrypted() -> None:
    def mark(ciphertext: str, value: str = "a") -> object:
        secret = {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            "ciphertext": ciphertext,
        }
        resource = {"urn": f"{URN}t:t:T::a", "inputs": {"secret": secret, "value": value}}
        return state_in(json.dumps({"deployment": {"resources": [resource]}}), "state.json").mark

    assert mark("one") == mark("two") != mark("two", "b")


POLICY = {
    "policyPackName": "house",
    "policyName": "no-open-group",
    "message": "port 22\nis open",
    "resourceUrn": f"{URN}{TOPIC}::a",
}


def log(*events: dict[str, Any], packs: dict[str, str] | None = None) -> str:
    summary = {"summaryEvent": {"PolicyPacks": packs or {}}}
    return "\n".join(json.dumps(event) for event in (*events, summary))


def test_a_broken_mandatory_policy_is_exit_code_3() -> None:
    steps, _ = preview_in(digest(step("create", "a")), "preview.json")
    text = log({"policyEvent": {**POLICY, "enforcementLevel": "mandatory"}})

    report = report_of(proposal_of(steps, events=events_in(text, "events.jsonl")))

    assert (exit_code(report), policy_words(report)) == (3, "1 violated")
    assert not accepts(report, "critical")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (log(packs={"house": "1"}), "passed"),
        (log(), "not run"),
        (log({"policyEvent": {**POLICY, "enforcementLevel": "advisory"}}), "1 advisory"),
    ],
)
def test_policy_packs_that_ran_are_told_from_none(text: str, words: str) -> None:
    steps, _ = preview_in(digest(step("create", "a")), "preview.json")

    report = report_of(proposal_of(steps, events=events_in(text, "events.jsonl")))

    assert (exit_code(report), policy_words(report)) == (0, words)


def test_an_output_that_is_secret_no_more_is_a_danger() -> None:
    root = f"{URN}pulumi:pulumi:Stack::shop-test"
    steps, _ = preview_in(
        json.dumps({"steps": [{**step("same", "s", type_="pulumi:pulumi:Stack"), "urn": root}]}),
        "preview.json",
    )
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    sides = {"old": {"outputs": {"password": secret}}, "new": {"outputs": {"password": "plain"}}}
    text = log({"resOutputsEvent": {"metadata": {"type": "pulumi:pulumi:Stack", **sides}}})

    (danger,) = report_of(proposal_of(steps, events=events_in(text, "events.jsonl"))).dangers

    assert (danger.kind, danger.name, danger.because) == (
        "secret-plain",
        "stack outputs",
        ("password",),
    )


def test_a_preview_that_failed_is_no_report() -> None:
    broken = json.dumps(
        {"steps": [], "diagnostics": [{"severity": "error", "message": "no credentials"}]}
    )
    steps, faults = preview_in(broken, "preview.json")

    with pytest.raises(StackyardError, match=r"the preview failed.*\n  no credentials"):
        report_of(proposal_of(steps, faults=faults))
