"""What is read from a preview's JSON, and whether an update would write anything."""

import json
from typing import Any

import pytest

from stackyard.ops.preview import _outputs_change, _writes, steps_in


def text_of(**step: Any) -> str:
    return json.dumps({"steps": [{"op": "same", "urn": "urn:x", **step}]})


def test_an_engine_that_ended_before_its_first_step_gives_none() -> None:
    assert steps_in("\n") == []
    assert steps_in('{"steps": null}') == []


def test_the_path_that_forces_a_replacement_comes_from_the_detailed_diff() -> None:
    diff = {
        "settings.kmsKeyId": {"kind": "update-replace"},
        "tags.a": {"kind": "add"},
        "engine": {"kind": "delete-replace"},
    }

    (step,) = steps_in(text_of(op="replace", detailedDiff=diff, replaceReasons=["settings"]))

    assert step.forced_by == ("engine", "settings.kmsKeyId")


def test_without_a_detailed_diff_the_engines_own_keys_are_taken() -> None:
    (step,) = steps_in(text_of(op="replace", detailedDiff=None, replaceReasons=["provider"]))

    assert step.forced_by == ("provider",)


def test_a_step_same_in_all_that_the_state_keeps_writes_nothing() -> None:
    old = {"urn": "urn:x", "inputs": {"a": 1}, "outputs": {"b": 2}, "id": "x", "modified": "then"}
    new = {"urn": "urn:x", "inputs": {"a": 1}, "dependencies": [], "sourcePosition": "line 2"}

    (step,) = steps_in(text_of(oldState=old, newState=new))

    assert not _writes(step)


def test_the_order_of_dependencies_says_nothing() -> None:
    old, new = {"dependencies": ["urn:a", "urn:b"]}, {"dependencies": ["urn:b", "urn:a"]}

    (step,) = steps_in(text_of(oldState=old, newState=new))

    assert not _writes(step)


@pytest.mark.parametrize(
    "new",
    [
        {"protect": True},
        {"dependencies": ["urn:a"]},
        {"retainOnDelete": True},
        {"deletedWith": "urn:a"},
        {"customTimeouts": {"create": 60}},
        {"parent": "urn:a"},
        {"provider": "urn:a"},
        {"inputs": {"a": 1}},
    ],
)
def test_a_step_same_that_the_state_has_to_learn_is_written(new: dict[str, Any]) -> None:
    (step,) = steps_in(text_of(oldState={}, newState=new))

    assert _writes(step)


def outputs_event(old: object, new: object) -> dict[str, Any]:
    metadata = {"type": "pulumi:pulumi:Stack", "old": {"outputs": old}, "new": {"outputs": new}}
    return {"resOutputsEvent": {"metadata": metadata}}


def test_outputs_of_the_stack_are_compared() -> None:
    assert not _outputs_change([{"preludeEvent": {}}, outputs_event({"a": 1}, {"a": 1})])
    assert _outputs_change([outputs_event({"a": 1}, {"a": 2})])
    assert not _outputs_change([outputs_event(None, {})])


def test_the_last_event_of_the_stack_has_its_outputs_the_first_only_what_was() -> None:
    first, last = outputs_event({"a": 1}, {"a": 1}), outputs_event({"a": 1}, {"a": 1, "b": 2})

    assert _outputs_change([first, last])


def test_a_preview_that_never_came_to_the_outputs_tells_nothing_of_them() -> None:
    assert _outputs_change([{"preludeEvent": {}}])
