"""A request's query, and the cursor in it, without a server."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.http import RefusedError, Request
from task1.post_shapes import PAGE_CHARACTERS, after_of, cursor_of, fitting

IDS = st.integers(1, 10**18 - 1)
MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1)).map(  # noqa: DTZ001  # as MySQL has them
    lambda moment: moment.isoformat(timespec="milliseconds")
)


async def nothing() -> dict[str, Any]:
    raise AssertionError("a query needs no body")


def query_of(text: str) -> dict[str, str] | None:
    """The query as it is read; none when it is refused."""
    scope = {"method": "GET", "path": "/", "headers": [], "query_string": text.encode()}
    try:
        return Request(scope, nothing).query(dict)
    except RefusedError:
        return None


def read_by_urllib(text: str) -> dict[str, str] | None:
    """None where a pair is broken, is no UTF-8 or repeats a name."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except ValueError:
        return None
    values = dict(pairs)
    return values if len(values) == len(pairs) else None


@given(st.text("aB9_.~-=&%+;/ 4f", max_size=24))
def test_a_query_is_read_as_urllib_reads_it(text: str):
    assert query_of(text) == read_by_urllib(text)


@pytest.mark.parametrize("text", ["limit=20&cursor=AbC-_9", "q=", "a.b~c=1", "q=two+words", ""])
def test_usual_queries_are_read(text: str):
    assert query_of(text) == read_by_urllib(text) is not None


@given(MOMENTS, IDS)
def test_a_cursor_leads_back_to_its_post(moment: str, post_id: int):
    cursor = cursor_of((post_id, "", "", "", f"{moment}Z"))

    assert after_of(cursor) == (moment.replace("T", " "), moment.replace("T", " "), post_id)


@pytest.mark.parametrize("letter", ["+", "/", "=", "*", "é"])
def test_a_cursor_of_other_letters_is_refused(letter: str):
    with pytest.raises(RefusedError):
        after_of(cursor_of((1, "", "", "", "2026-01-01T00:00:00.000Z"))[:-2] + letter + "A")


@given(st.lists(st.integers(1, 60_000), max_size=8), st.integers(1, 9))
def test_a_page_holds_what_fits_and_one_post_at_least(lengths: list[int], limit: int):
    rows = [(n, "", "x" * length) for n, length in enumerate(lengths)]

    kept = fitting(rows, limit)

    assert list(kept) == rows[: len(kept)]
    assert len(kept) <= limit
    assert sum(lengths[: len(kept)]) <= PAGE_CHARACTERS or len(kept) == 1
    if len(kept) < min(limit, len(rows)):
        assert kept
        assert sum(lengths[: len(kept) + 1]) > PAGE_CHARACTERS
