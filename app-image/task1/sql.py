"""SQL as tokens: words, quoted names, texts and symbols, each with its line; comments left out."""

import re

import msgspec

_TOKEN = re.compile(
    r"""
      (?P<space>[\ \t\n\r\v\f]+)
    | (?P<run_comment>/\*M?!)
    | (?P<comment>\#[^\n]* | --(?=[\x00-\x20\x7f]|\Z)[^\n]* | /\*.*?\*/)
    | (?P<token>
        [0-9A-Za-z$_\u0080-\U0010ffff]+
      | '(?:[^'\\]|\\.|'')*'
      | "(?:[^"\\]|\\.|"")*"
      | `(?:[^`]|``)*`
      )
    | (?P<open>['"`]|/\*)
    | (?P<symbol>.)
    """,
    re.DOTALL | re.VERBOSE,
)
"""As MySQL reads it with its usual sql_mode: "..." is a text, a backslash escapes."""
_KEYWORD = re.compile(r"[A-Za-z_]+")
SECOND_STATEMENT = ("a second statement", "give it a file of its own: DDL commits by itself")
"""Reason and way out."""


class StatementError(ValueError):
    """Why a statement is refused."""

    def __init__(self, line: int, reason: str, way_out: str) -> None:
        super().__init__(f"line {line}: {reason}; {way_out}")
        self.line, self.reason, self.way_out = line, reason, way_out


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a statement."""

    text: str
    """As it is written, with its quotes."""
    line: int
    """Of its beginning, from 1."""

    @property
    def keyword(self) -> str:
        """The word in capitals; empty for what is quoted, a number or a symbol."""
        return self.text.upper() if _KEYWORD.fullmatch(self.text) else ""


def one_statement(sql: str) -> list[Token]:
    """The tokens of the only statement, without a last semicolon.

    Raises `StatementError` where there is none or more than one, for a quote or comment that is
    not closed, and for a comment that the database runs.
    """
    found = tokens(sql)
    ends = [index for index, token in enumerate(found) if token.text == ";"]
    if ends and ends[0] < len(found) - 1:
        raise StatementError(found[ends[0] + 1].line, *SECOND_STATEMENT)
    statement = found[: ends[0]] if ends else found
    if not statement:
        raise StatementError(1, "no statement", "write one, or leave the file out")
    return statement


def tokens(sql: str) -> list[Token]:
    """All that is not space or comment. Raises `StatementError`."""
    found: list[Token] = []
    line = 1
    for match in _TOKEN.finditer(sql):
        text, kind = match.group(), match.lastgroup
        if kind == "run_comment":
            raise StatementError(line, f"the database runs what {text} hides", "write it openly")
        if kind == "open":
            raise StatementError(line, f"{text} is not closed", "close it")
        if kind in ("token", "symbol"):
            found.append(Token(text=text, line=line))
        line += text.count("\n")
    return found
