"""What a client searches for, as FULLTEXT's boolean mode is asked for it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.http import RefusedError
from task1.search import search_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("scaling", '+"scaling"'),
        ("Read  Replicas", '+"read" +"replicas"'),
        ("read read", '+"read"'),
        ("how to scale a database", '+"scale" +"database"'),
        ('+drop -table* "quoted" (a < b) ~x @8', '+"drop" +"table" +"quoted"'),
        ("größe", '+"größe"'),
    ],
)
def test_every_word_is_demanded_and_quoted(text: str, terms: str):
    assert search_terms(text) == terms


@pytest.mark.parametrize("text", ["", "a", "the", "to be", '"" ++ --', "*"])
def test_a_search_without_a_word_of_the_index_is_refused(text: str):
    with pytest.raises(RefusedError, match="no word of 3 letters"):
        search_terms(text)


@given(st.text(max_size=100))
def test_no_operator_comes_from_the_client(text: str):
    try:
        terms = search_terms(text)
    except RefusedError:
        return

    assert re.fullmatch(r'\+"\w{3,}"( \+"\w{3,}")*', terms)
