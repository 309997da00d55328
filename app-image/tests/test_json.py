"""JSON as answers have it, whatever was written before."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.http import encode


@given(st.lists(st.text(max_size=2_000), max_size=6))
def test_a_value_after_a_longer_one_is_written_whole_and_alone(texts: list[str]):
    assert [json.loads(encode(text)) for text in texts] == texts


def test_what_was_written_stays_when_the_next_is_written():
    first = encode(["first"])
    encode(["second"])

    assert first == b'["first"]'


def test_what_cannot_be_written_leaves_nothing_to_the_next():
    with pytest.raises(TypeError):
        encode(["a" * 100, object()])

    assert encode("next") == b'"next"'
