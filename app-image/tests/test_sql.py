"""SQL as tokens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from task1.sql import StatementError, one_statement, tokens

PIECES = ["ALTER", "`a``b; --`", "'it''s; /* -- '", r"'\''", '"#"', "(", ",", "=", "0001", "ä", "-"]
GAPS = [" ", "\n", "\t", "-- note: it's\n", "--\n", "# `open\n", "/* ' \n ; */", "/**/", " \n \n"]


def texts(sql: str) -> list[str]:
    return [token.text for token in tokens(sql)]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GAPS))))
def test_comments_and_spaces_leave_the_tokens_as_they_are(pairs: list[tuple[str, str]]):
    sql = "".join(piece + gap for piece, gap in pairs)

    assert texts(sql) == [piece for piece, _ in pairs]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GAPS))))
def test_a_token_knows_its_line(pairs: list[tuple[str, str]]):
    sql = "".join(piece + gap for piece, gap in pairs)
    written: list[int] = []
    before = ""
    for piece, gap in pairs:
        written.append(before.count("\n") + 1)
        before += piece + gap

    assert [token.line for token in tokens(sql)] == written


@given(st.text(alphabet="'\"`\\/*!M#-;\n aA1ä"))
def test_a_text_that_is_read_has_lost_nothing_but_spaces_and_comments(sql: str):
    try:
        found = tokens(sql)
    except StatementError:
        return
    read = 0
    for token in found:
        places = [match.start() for match in re.finditer(re.escape(token.text), sql)]
        begins = [at for at in places if sql.count("\n", 0, at) + 1 == token.line]

        # The same text may stand in a comment before it, on the same line too.
        (begin, *_) = [at for at in begins if at >= read and is_gap(sql[read:at])]
        read = begin + len(token.text)

    assert is_gap(sql[read:].removesuffix(";"))


def is_gap(text: str) -> bool:
    try:
        return not tokens(text)
    except StatementError:
        return False


@pytest.mark.parametrize(
    ("text", "keyword"),
    [("drop", "DROP"), ("`drop`", ""), ("'drop'", ""), ('"drop"', ""), ("0001", ""), ("ındex", "")],
)
def test_only_a_bare_word_is_a_keyword(text: str, keyword: str):
    (token,) = tokens(text)

    assert token.keyword == keyword


def test_two_dashes_begin_a_comment_only_before_a_space():
    assert texts("a --b\n-- c") == ["a", "-", "-", "b"]


def test_a_last_semicolon_is_no_second_statement():
    assert [token.text for token in one_statement("DROP TABLE a; -- done")] == [
        "DROP",
        "TABLE",
        "a",
    ]


@pytest.mark.parametrize(
    ("sql", "line", "reason"),
    [
        ("", 1, "no statement"),
        ("-- phase: expand\n;", 1, "no statement"),
        ("DROP TABLE a;\nDROP TABLE b", 2, "a second statement"),
        ("SELECT\n'open", 2, "' is not closed"),
        ("SELECT `open", 1, "` is not closed"),
        ("SELECT\n\n/* open", 3, r"/\* is not closed"),
        ("CREATE TABLE a (b INT) /*!50100 PARTITION */", 1, "the database runs"),
        ("CREATE TABLE a (b INT) /*M!100100 x */", 1, "the database runs"),
    ],
)
def test_what_is_no_one_statement_is_refused_with_its_line(sql: str, line: int, reason: str):
    with pytest.raises(StatementError, match=f"line {line}: {reason}"):
        one_statement(sql)
