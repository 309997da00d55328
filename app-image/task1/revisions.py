"""The image's alembic revisions: read, each checked by the statement that it would send."""

import ast
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import msgspec
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory

from task1.rules import Phase, check
from task1.schema import FOLDER, Migration, RefusedMigrationError, revision_files
from task1.sql import SECOND_STATEMENT, StatementError, one_statement

PHASES = 'write phase = "expand" or phase = "contract"'
DECLARED = ("revision", "down_revision", "phase", "needs")


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of itself, read without running it."""

    file: Path
    tree: ast.Module
    phase: Phase
    needs: int | None
    needs_line: int
    upgrade_line: int


class _Sent:
    """What alembic's offline mode writes, statement by statement."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def write(self, text: str) -> None:
        self.statements.append(text.removesuffix(";\n\n"))

    def flush(self) -> None:
        """Nothing: alembic asks for it after each statement."""


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """All of them in order, every one checked. Raises `RefusedMigrationError`."""
    files = revision_files(folder)
    sources: list[_Source] = []
    for number, file in enumerate(files, start=1):
        try:
            sources.append(_source(file, number, files[number - 2].stem if number > 1 else None))
        except StatementError as error:
            raise RefusedMigrationError(file.name, error) from error
    try:
        directory = ScriptDirectory(folder)
        scripts = [directory.get_revision(source.file.stem) for source in sources]
        return [_migration(*pair) for pair in zip(scripts, sources, strict=True)]
    except RefusedMigrationError:
        raise
    except Exception as error:
        # A revision's own code may raise anything, when it is loaded and when it is run.
        raise _fault(error, files) from error


def _migration(script: Script, source: _Source) -> Migration:
    statements = _offline(script)
    try:
        statement = _checked(source, statements)
    except StatementError as error:
        raise RefusedMigrationError(source.file.name, error) from error
    return Migration(
        name=source.file.stem,
        statement=statement,
        needs=source.needs,
        needs_line=source.needs_line,
    )


def _checked(source: _Source, statements: list[str]) -> str:
    """The only statement. Raises `StatementError` with its line in the file."""
    if len(statements) > 1:
        raise StatementError(_first_line(source, statements[1]), *SECOND_STATEMENT)
    statement = "".join(statements)
    try:
        check(one_statement(statement), source.phase)
    except StatementError as error:
        line = _first_line(source, statement) + error.line - 1
        raise StatementError(line, error.reason, error.way_out) from error
    return statement


def _offline(script: Script) -> list[str]:
    """The statements of `upgrade()`, sent nowhere."""
    sent = _Sent()
    context = MigrationContext.configure(
        url="mysql+pymysql://",
        # Else each % would be doubled, for the driver.
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": sent},
    )
    fault: Exception | None = None
    with Operations.context(context):
        try:
            script.module.upgrade()
        except Exception as error:  # noqa: BLE001  # raised in here, alembic would leave `op` set
            fault = error
    if fault is not None:
        raise fault
    return sent.statements


def _source(file: Path, number: int, before: str | None) -> _Source:
    # 32: alembic_version keeps as many characters.
    if not re.fullmatch(rf"{number:04}_[a-z0-9_]{{1,27}}\.py", file.name):
        reason = f"it is the file number {number} in order, and its name does not say so"
        way_out = f"name it {number:04}_what_it_does.py, 32 characters at most, no gap before it"
        raise StatementError(1, reason, way_out)
    try:
        tree = ast.parse(file.read_bytes())
    except SyntaxError as error:
        reason = f"it is no Python: {error.msg}"
        raise StatementError(error.lineno or 1, reason, "correct it") from error
    said = _declared(tree)
    for name, wanted in (("revision", file.stem), ("down_revision", before)):
        value, line = said.get(name, (..., 1))
        if value != wanted:
            reason = f"its {name} is not {wanted!r}"
            raise StatementError(line, reason, f"write {name} = {wanted!r}: one row, no branches")
    phase, needs, needs_line = _phase(said, number)
    upgrade_line = _upgrade_line(tree)
    for text, line in _texts(tree):
        if "\t" in text:
            reason = "a tab in a text, of which alembic's offline mode makes four spaces"
            raise StatementError(line, reason, "write spaces, or CHAR(9) in SQL")
    return _Source(
        file=file,
        tree=tree,
        phase=phase,
        needs=needs,
        needs_line=needs_line,
        upgrade_line=upgrade_line,
    )


def _upgrade_line(tree: ast.Module) -> int:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            return node.lineno
    raise StatementError(1, "it has no upgrade()", "write one that runs one statement")


def _declared(tree: ast.Module) -> dict[str, tuple[object, int]]:
    """Value and line of what a revision declares of itself."""
    said: dict[str, tuple[object, int]] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name not in DECLARED:
            continue
        if name in said:
            raise StatementError(node.lineno, f"a second {name}", "leave one of them out")
        if not isinstance(value, ast.Constant):
            raise StatementError(node.lineno, f"its {name} is not written out", "write the value")
        said[name] = value.value, node.lineno
    return said


def _phase(said: dict[str, tuple[object, int]], number: int) -> tuple[Phase, int | None, int]:
    """Phase, need and the need's line."""
    phase, phase_line = said.get("phase", (None, 1))
    needs, line = said.get("needs", (None, phase_line))
    if phase == "expand":
        if needs is not None:
            raise StatementError(line, "an expand migration needs nothing", "leave 'needs' out")
        return "expand", None, line
    if phase != "contract":
        raise StatementError(phase_line, "it says no phase", PHASES)
    # One that needs its own level could never be applied after the level before it.
    if type(needs) is not int or not 1 <= needs < number:
        way_out = (
            f"write needs = n with n from 1 to {number - 1}, the lowest level of an image "
            "that no longer relies on what goes"
        )
        raise StatementError(line, "a contract migration says what it needs", way_out)
    return "contract", needs, line


def _first_line(source: _Source, statement: str) -> int:
    """Where the statement's text begins in its file; upgrade() where it is not written out."""
    for text, line in _texts(source.tree):
        if text.strip() == statement:
            return line + text[: text.index(statement)].count("\n")
    return source.upgrade_line


def _texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The texts of a file and their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno


def _fault(error: Exception, files: list[Path]) -> Exception:
    """The error as one of the file that raised it, if one of them did."""
    names = {str(file.resolve()): file.name for file in files}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in names:
            reason = f"it raises {error!r}"
            refusal = StatementError(frame.lineno or 1, reason, "let upgrade() run one statement")
            return RefusedMigrationError(names[frame.filename], refusal)
    return error
