"""The exported state: what is pending in it, and what it is without."""

from typing import Any

import pytest

from stackyard.errors import SettingsFaultError
from stackyard.ops.repair import ways_of
from stackyard.ops.repair_state import Adopted, pending_in, resources_of, without_pending

URN = "urn:pulumi:test::app::aws:ec2/vpc:Vpc::net"


def _vpc(**more: Any) -> dict[str, Any]:
    return {"urn": URN, "custom": True, "type": "aws:ec2/vpc:Vpc", "inputs": {}, **more}


def _state(*resources: dict[str, Any], pending: tuple[str, ...] = ()) -> dict[str, Any]:
    operations = [{"type": type_, "resource": _vpc()} for type_ in pending]
    deployment = {"resources": list(resources), "pending_operations": operations}
    return {"version": 3, "deployment": deployment}


def _settled(*resources: dict[str, Any]) -> dict[str, Any]:
    state = _state(*resources, pending=("creating",))
    return without_pending(state, [Adopted(resource=_vpc(outputs={}), id="vpc-2")])


def test_a_stack_that_was_just_made_has_nothing_pending() -> None:
    assert pending_in({"version": 3, "deployment": {"manifest": {}}}) == []


@pytest.mark.parametrize("type_", ["creating", "updating", "deleting", "reading", "importing"])
def test_every_type_of_operation_is_pending(type_: str) -> None:
    (found,) = pending_in(_state(pending=(type_,)))

    assert (found.type, found.urn) == (type_, URN)


def test_what_a_repair_has_put_in_is_pending_until_it_is_read() -> None:
    unread, read = _vpc(id="vpc-1"), _vpc(id="vpc-1", outputs={"arn": "…"})

    assert [len(pending_in(_state(resource))) for resource in (unread, read)] == [1, 0]


def test_what_is_adopted_has_its_id_and_no_outputs() -> None:
    assert resources_of(_settled()) == [_vpc(id="vpc-2")]


def test_nothing_is_pending_any_more() -> None:
    assert "pending_operations" not in _settled()["deployment"]


def test_what_the_stack_has_already_stays_and_the_other_is_to_be_deleted() -> None:
    has = _vpc(id="vpc-1", outputs={"arn": "…"})

    assert resources_of(_settled(has)) == [has, _vpc(id="vpc-2", delete=True)]


def test_what_replaces_something_that_was_deleted_first_takes_its_place() -> None:
    gone, other = _vpc(id="vpc-1", pendingReplacement=True), {**_vpc(), "urn": f"{URN}-other"}

    assert resources_of(_settled(gone, other)) == [_vpc(id="vpc-2"), other]


def test_an_option_names_the_resource_and_the_id() -> None:
    ways = ways_of([f"{URN}=Z1_app=1_A"], ["urn:gone"])

    assert (ways.adopt, ways.forget) == ({URN: "Z1_app=1_A"}, frozenset({"urn:gone"}))


@pytest.mark.parametrize("text", ["vpc-1", f"{URN}=", "net=vpc-1"])
def test_an_option_that_is_no_urn_and_id_is_refused(text: str) -> None:
    with pytest.raises(SettingsFaultError, match="is no URN=ID"):
        ways_of([text], [])
