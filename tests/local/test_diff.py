"""What changed between two sets of inputs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.local.diff import Change, changes, parse_path, render_path
from stackyard.local.properties import ASSETS, SIGNATURE

KEYS = st.text(min_size=1).filter(lambda key: key != "*")
PATHS = st.lists(KEYS | st.integers(min_value=0, max_value=99), min_size=1).filter(
    lambda path: isinstance(path[0], str)
)


def asset(hash_: str, path: str) -> dict[str, str]:
    return {SIGNATURE: ASSETS[0], "hash": hash_, "path": path}


@pytest.mark.parametrize(
    ("old", "new", "path", "change"),
    [
        ({}, {"a": 1}, "a", Change.ADD),
        ({"a": 1}, {}, "a", Change.DELETE),
        ({"a": 1}, {"a": None}, "a", Change.DELETE),
        ({"a": 1}, {"a": 2}, "a", Change.UPDATE),
        ({"a": 1}, {"a": True}, "a", Change.UPDATE),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1]", Change.UPDATE),
        ({"a": [1]}, {"a": [1, 2]}, "a[1]", Change.ADD),
        ({"a": [1, 2]}, {"a": [1]}, "a[1]", Change.DELETE),
        ({"a": {}}, {"a": {"b/c.d": 1}}, 'a["b/c.d"]', Change.ADD),
        ({"a": asset("1", "x")}, {"a": asset("2", "x")}, "a", Change.UPDATE),
    ],
)
def test_a_difference_is_named_by_its_leaf(
    old: dict[str, object], new: dict[str, object], path: str, change: Change
) -> None:
    found = changes(old, new)

    assert {render_path(p): c for p, c in found.items()} == {path: change}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": None}, {}),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}),
        ({"a": asset("1", "here")}, {"a": asset("1", "there")}),
    ],
)
def test_what_means_the_same_is_no_difference(
    old: dict[str, object], new: dict[str, object]
) -> None:
    assert changes(old, new) == {}


@pytest.mark.parametrize("ignored", ["a", "a.b", "a.*", "a.b[0]"])
def test_a_difference_below_an_ignored_path_is_none(ignored: str) -> None:
    assert changes({"a": {"b": [1]}}, {"a": {"b": [2]}}, [ignored]) == {}


@pytest.mark.parametrize("ignored", ["b", "a.c", "a.b[1]", "a.b[0].c"])
def test_another_ignored_path_hides_nothing(ignored: str) -> None:
    assert len(changes({"a": {"b": [1]}}, {"a": {"b": [2]}}, [ignored])) == 1


@given(PATHS)
def test_a_path_that_is_written_can_be_read(path: list[str | int]) -> None:
    assert parse_path(render_path(tuple(path))) == tuple(path)
