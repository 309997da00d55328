"""Properties on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackyard.local.properties import UNKNOWN, from_struct, has_unknown, secret, to_struct

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON.filter(lambda value: value is not None)))
def test_plain_json_comes_back_as_it_went(properties: dict[str, object]) -> None:
    assert from_struct(to_struct(properties)) == properties


def test_a_whole_number_is_an_int() -> None:
    found = from_struct(to_struct({"whole": 3.0, "broken": 3.5, "flag": True}))

    assert [type(found[key]) for key in ("whole", "broken", "flag")] == [int, float, bool]


def test_a_property_that_is_none_is_left_out() -> None:
    assert from_struct(to_struct({"a": None, "b": {"c": None}})) == {"b": {"c": None}}


def test_a_secret_is_unwrapped_wherever_it_is() -> None:
    wrapped = {"a": secret("x"), "b": [secret({"c": secret(1)})]}

    assert from_struct(to_struct(wrapped)) == {"a": "x", "b": [{"c": 1}]}


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError, match="set cannot cross the wire"):
        to_struct({"a": {1, 2}})


@pytest.mark.parametrize(
    ("value", "unknown"),
    [(UNKNOWN, True), ({"a": [UNKNOWN]}, True), ({"a": [1, "b"]}, False), (None, False)],
)
def test_an_unknown_is_found_at_any_depth(value: object, *, unknown: bool) -> None:
    assert has_unknown(value) is unknown
