"""What is read from the event log of a refresh."""

from typing import Any

from stackyard.ops.refresh import Compared, differences_in


def event(op: str, **more: Any) -> dict[str, Any]:
    return {"resOutputsEvent": {"metadata": {"op": op, "urn": "urn:x", "type": "aws:x", **more}}}


def test_what_is_the_same_is_left_out() -> None:
    events = [event("same"), {"summaryEvent": {}}, {"resourcePreEvent": {"metadata": {}}}]

    assert differences_in(events) == []


def test_a_difference_has_both_sides_and_its_paths_in_order() -> None:
    diff = {"tags.b": {"kind": "update"}, "tags.a": {"kind": "add"}}

    (found,) = differences_in(
        [event("update", old={"id": "1"}, new={"id": "2"}, detailedDiff=diff)]
    )

    assert found == Compared(
        operation="update",
        urn="urn:x",
        type="aws:x",
        old={"id": "1"},
        new={"id": "2"},
        paths=("tags.a", "tags.b"),
    )


def test_without_a_detailed_diff_the_changed_keys_are_taken() -> None:
    (found,) = differences_in([event("update", detailedDiff=None, diffs=["size"])])

    assert found.paths == ("size",)


def test_what_is_gone_has_no_new_side() -> None:
    (found,) = differences_in([event("delete", old={"id": "1"}, new=None)])

    assert (found.operation, found.new) == ("delete", {})


def test_what_a_replacement_left_to_be_deleted_is_not_compared() -> None:
    assert differences_in([event("delete", old={"id": "1", "delete": True})]) == []
