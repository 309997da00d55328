"""What a migration may do while a version that knows nothing of it serves. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

from task1.sql import StatementError, Token

Phase = Literal["expand", "contract"]

MOST_ROWS = 10_000
"""Rows that one statement may change, all of them locked until it ends.

Measured on MariaDB 10.11, 2 cores: 0.09 s. The API gives a statement of its own up after 2 s.
"""

_LATER = "do it in a contract migration, once no version that may serve relies on it"
_BESIDE = "add the new one beside it, and drop the old one in a contract migration"
_ONLINE = "end with ALGORITHM=INSTANT, or with ALGORITHM=INPLACE and LOCK=NONE"
_LISTED = "write it as one of the statements that docs/migrations.md lists"

_NOT_IN_EXPAND = {
    "RENAME": ("the version that runs uses the old name", _BESIDE),
    "DROP": ("the version that runs may use what is dropped", _LATER),
    "MODIFY": ("a new type may refuse what the version that runs writes", _BESIDE),
    "CHANGE": ("the version that runs uses the old name and type", _BESIDE),
    "TRUNCATE": ("the version that runs reads these rows", _LATER),
}
_TIGHTENING = frozenset(
    {"CHECK", "CONSTRAINT", "FOREIGN", "KEY", "PRIMARY", "REFERENCES", "SERIAL", "UNIQUE"}
)
_TIGHTENS = ("the version that runs does not know the rule, and its rows may break it", _LATER)


def check(statement: Sequence[Token], phase: Phase) -> None:
    """Raises `StatementError` for what would break or hold up the version that runs."""
    match [token.keyword for token in statement[:2]]:
        case ["CREATE", "TABLE"]:
            _new_table(statement)
        case ["ALTER", "TABLE"]:
            _online(statement)
            if phase == "expand":
                _adds_only(statement)
        case ["CREATE", "INDEX"]:
            _online(statement)
        case ["CREATE", "UNIQUE"] if phase == "contract":
            _online(statement)
        case ["INSERT" | "REPLACE" | "UPDATE" | "DELETE", *_]:
            _rows(statement, phase)
        case ["DROP" | "RENAME", "TABLE"] | ["TRUNCATE", *_] if phase == "contract":
            pass
        case words:
            raise StatementError(statement[0].line, *_why_not(words))


def _why_not(words: Sequence[str]) -> tuple[str, str]:
    match words:
        case ["CREATE", "UNIQUE"]:
            return _TIGHTENS
        case ["DROP" | "RENAME" as first, "TABLE"] | ["TRUNCATE" as first, *_]:
            return _NOT_IN_EXPAND[first]
        case ["DROP", "INDEX"]:
            # MariaDB, which the tests and the local stack run, takes no ALGORITHM there.
            way_out = "write ALTER TABLE ... DROP INDEX ..., ALGORITHM=INPLACE, LOCK=NONE"
            return "DROP INDEX cannot say ALGORITHM everywhere", way_out
        case _:
            what = " ".join(filter(None, words)) or "the statement"
            return f"{what} is not known to the rules", _LISTED


def _new_table(statement: Sequence[Token]) -> None:
    """Whatever its columns are: no version that runs uses it."""
    for token in statement[2:]:
        if token.keyword in ("SELECT", "TABLE"):
            reason = "it copies rows in one statement, however many there are"
            raise StatementError(token.line, reason, "make the table empty, fill it afterwards")


def _rows(statement: Sequence[Token], phase: Phase) -> None:
    words = {token.keyword for token in statement}
    adds = statement[0].keyword == "INSERT" and "DUPLICATE" not in words
    copies = not words.isdisjoint({"SELECT", "TABLE"})
    if phase == "expand" and (copies or not adds):
        # Filling a new column now is no use: the version that runs goes on leaving it empty.
        reason = "the version that runs reads these rows, and goes on writing its own"
        raise StatementError(statement[0].line, reason, _LATER)
    if (copies or statement[0].keyword in ("UPDATE", "DELETE")) and not _is_limited(statement):
        reason = "all the rows that it changes stay locked until it ends"
        way_out = f"end it with LIMIT {MOST_ROWS} or less; the rest takes a file more, or the app"
        raise StatementError(statement[0].line, reason, way_out)


def _is_limited(statement: Sequence[Token]) -> bool:
    limit, number = statement[-2].keyword, statement[-1].text
    is_whole = number.isascii() and number.isdigit()
    return limit == "LIMIT" and is_whole and int(number) <= MOST_ROWS


def _online(statement: Sequence[Token]) -> None:
    """That the database refuses what it can only do by copying, or locking, the table."""
    line = statement[0].line
    outer = list(_outside_parentheses(statement))
    for one, two in pairwise(outer):
        if one.keyword == "IF" and two.keyword in ("NOT", "EXISTS"):
            reason = "MySQL, unlike MariaDB, knows no IF EXISTS here"
            raise StatementError(one.line, reason, "leave it out: each file is applied once")
    named = [token for token in outer if token.keyword in ("ALGORITHM", "LOCK")]
    given = {
        name.keyword: value.keyword
        for name, equals, value in zip(outer, outer[1:], outer[2:], strict=False)
        if name in named and equals.text == "="
    }
    if given.get("ALGORITHM") == "INSTANT" and "LOCK" in given:
        reason = "MySQL takes no LOCK beside ALGORITHM=INSTANT"
        raise StatementError(line, reason, "leave LOCK out: INSTANT never locks")
    online = ({"ALGORITHM": "INSTANT"}, {"ALGORITHM": "INPLACE", "LOCK": "NONE"})
    # Given twice, the last would count.
    if given not in online or len(named) != len(given):
        raise StatementError(line, "the database may copy or lock the table, unasked", _ONLINE)


def _adds_only(statement: Sequence[Token]) -> None:
    start = 5 if [token.text for token in statement[3:4]] == ["."] else 3
    for action in _actions(statement[start:]):
        line, first = action[0].line, action[0].keyword
        match [token.keyword for token in action[:2]]:
            case ["ALGORITHM" | "LOCK", *_]:
                pass
            case ["ADD", "INDEX" | "KEY"]:
                pass
            case ["ADD", "COLUMN"]:
                _new_column(action[2:], line)
            case ["ADD", *_]:
                _new_column(action[1:], line)
            case ["ALTER", *_]:
                _new_default(action)
            case _ if first in _NOT_IN_EXPAND:
                raise StatementError(line, *_NOT_IN_EXPAND[first])
            case _:
                reason = f"{action[0].text} is no change of a table that the rules know"
                raise StatementError(line, reason, _LISTED)


def _new_column(definition: Sequence[Token], line: int) -> None:
    """A name, a type, and nothing that refuses a row without it."""
    name, words = definition[:1], [t.keyword for t in _outside_parentheses(definition[1:])]
    if (name and name[0].keyword in _TIGHTENING) or not _TIGHTENING.isdisjoint(words):
        raise StatementError(line, *_TIGHTENS)
    if not name or name[0].text == "(" or name[0].keyword in ("FULLTEXT", "PARTITION", "SPATIAL"):
        raise StatementError(line, "this ADD is not known to the rules", _LISTED)
    not_null = ("NOT", "NULL") in pairwise(words)
    if not_null and "DEFAULT" not in words:
        reason = "the version that runs leaves the column out, and NOT NULL refuses its rows"
        raise StatementError(line, reason, "give it a DEFAULT, or let it be NULL")


def _new_default(action: Sequence[Token]) -> None:
    """ALTER [COLUMN] name SET DEFAULT."""
    rest = action[2:] if [t.keyword for t in action[1:2]] == ["COLUMN"] else action[1:]
    match [token.keyword for token in rest[1:3]]:
        case ["SET", "DEFAULT"]:
            pass
        case ["DROP", "DEFAULT"]:
            reason = "the version that runs may leave the column out"
            raise StatementError(action[0].line, reason, _LATER)
        case _:
            raise StatementError(action[0].line, "this ALTER is not known to the rules", _LISTED)


def _actions(rest: Sequence[Token]) -> Iterator[list[Token]]:
    """What stands between the commas; an empty one is for the database to refuse."""
    action: list[Token] = []
    depth = 0
    for token in rest:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            if action:
                yield action
            action = []
        else:
            action.append(token)
    if action:
        yield action


def _outside_parentheses(statement: Sequence[Token]) -> Iterator[Token]:
    depth = 0
    for token in statement:
        depth -= token.text == ")"
        if depth == 0 and token.text != ")":
            yield token
        depth += token.text == "("
