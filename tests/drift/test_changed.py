"""A comparison as drift: which properties are named, which values are shown."""

from typing import Any

import pytest

from stackyard.drift.changed import SHOWN_CHARACTERS, drift_of
from stackyard.drift.findings import Kind
from tests.drift.examples import compared, marked

SECRET = "kubernetes:core/v1:Secret"


def texts(*paths: str, **sides: Any) -> list[str]:
    return [each.text for each in drift_of(compared(*paths, **sides)).properties]


@pytest.mark.parametrize(
    ("path", "old", "new", "text"),
    [
        ("size", {"size": 7}, {"size": 9}, "size: 7 → 9"),
        ("on", {"on": True}, {"on": False}, "on: true → false"),
        ("name", {"name": "a"}, {"name": ""}, 'name: a → ""'),
        ("tags.Name", {"tags": {"Name": "a"}}, {"tags": {"Name": "b"}}, "tags.Name: a → b"),
        ("tags.Name", {"tags": {}}, {"tags": {"Name": "b"}}, "tags.Name: none → b"),
        ("tags.Name", {"tags": {"Name": "a"}}, {}, "tags.Name: a → none"),
        ('tags["a.b"]', {"tags": {"a.b": "1"}}, {"tags": {"a.b": "2"}}, 'tags["a.b"]: 1 → 2'),
        ("zones[1]", {"zones": ["a", "b"]}, {"zones": ["a", "c"]}, "zones[1]: b → c"),
        ("zones[1]", {"zones": ["a"]}, {"zones": ["a", "c"]}, "zones[1]: none → c"),
        ("zones", {"zones": ["a"]}, {"zones": ["b"]}, 'zones: ["a"] → ["b"]'),
    ],
)
def test_a_property_is_named_with_both_values(
    path: str, old: dict[str, Any], new: dict[str, Any], text: str
) -> None:
    assert texts(path, old=old, new=new) == [text]


def test_what_only_the_clouds_answer_tells_is_taken_from_it() -> None:
    same = {"size": 7}

    assert texts("size", old=same, new=same, answer={"size": 9}) == ["size: 7 → 9"]


def test_a_long_value_is_said_to_have_changed() -> None:
    long = "x" * (SHOWN_CHARACTERS + 1)

    assert texts("policy", old={"policy": long}, new={"policy": "y"}) == ["policy changed"]


def test_a_change_that_neither_side_shows_is_said_to_be_one() -> None:
    assert texts("size") == ["size changed"]


@pytest.mark.parametrize(
    ("path", "old", "new", "type_"),
    [
        ("value", {"value": marked()}, {"value": "plain"}, "aws:x"),
        ("value", {"value": "plain"}, {"value": marked()}, "aws:x"),
        ("data.a", {"data": marked()}, {"data": {"a": "plain"}}, "aws:x"),
        ("data", {"data": {"a": marked()}}, {"data": {"a": "plain"}}, "aws:x"),
        ("masterPassword", {"masterPassword": "old"}, {"masterPassword": "plain"}, "aws:x"),
        ("data.a", {"data": {"a": "old"}}, {"data": {"a": "plain"}}, SECRET),
    ],
)
def test_a_secret_is_never_shown(
    path: str, old: dict[str, Any], new: dict[str, Any], type_: str
) -> None:
    assert texts(path, old=old, new=new, type_=type_) == [f"{path} changed"]


def test_a_switch_is_shown_whatever_its_name() -> None:
    old, new = {"endpointPrivateAccess": True}, {"endpointPrivateAccess": False}

    assert texts("endpointPrivateAccess", old=old, new=new) == [
        "endpointPrivateAccess: true → false"
    ]


def test_a_tag_of_its_own_is_not_named_twice() -> None:
    old, new = ({key: {"a": value} for key in ("tags", "tagsAll")} for value in "12")

    assert texts("tags.a", "tagsAll.a", old=old, new=new) == ["tags.a: 1 → 2"]


def test_a_default_tag_that_is_gone_is_named() -> None:
    assert texts("tagsAll.a", old={"tagsAll": {"a": "1"}}) == ["tagsAll.a: 1 → none"]


def test_what_is_gone_has_no_properties() -> None:
    gone = drift_of(compared("size", old={"size": 7}, operation="delete"))

    assert (gone.kind, gone.properties, gone.facts) == (Kind.GONE, (), ["gone"])
