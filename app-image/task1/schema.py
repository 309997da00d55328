"""The image's migrations: read from their files, checked, and held against what is applied."""

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec

from task1.rules import Phase, check
from task1.sql import StatementError, one_statement

FOLDER: Traversable = resources.files("task1").joinpath("migrations")
Needs = Mapping[str, int | None]
"""What each migration needs, by name."""
PHASES = "begin the file with '-- phase: expand' or '-- phase: contract'"


class RefusedMigrationError(Exception):
    """A migration that must not be applied, or an image that must not run on this schema."""

    def __init__(self, file: str, error: StatementError) -> None:
        super().__init__(f"{file}: {error}")
        self.file = file
        self.line, self.reason, self.way_out = error.line, error.reason, error.way_out


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    name: str
    statement: str
    needs: int | None
    """Lowest level of an image that no longer relies on the old shape; none for an expand one."""
    needs_line: int = 1


def level(folder: Traversable = FOLDER) -> int:
    """How many migrations the image has: two images of one level know one schema."""
    return len(_files(folder))


def read_migrations(folder: Traversable = FOLDER) -> list[Migration]:
    """All of them in order, every one checked. Raises `RefusedMigrationError`."""
    return [_read(file, number) for number, file in enumerate(_files(folder), start=1)]


def to_apply(
    migrations: Sequence[Migration], applied: Needs, begun: set[str], floor: int | None
) -> list[Migration]:
    """Those that a database lacks which has `applied`, of which `begun` may not be complete.

    `floor` is the level of the version that may come back, none if there is no such version.
    Raises `RefusedMigrationError` for a new one that would break that version, and for an image
    that the applied ones would break.
    """
    for number, (name, needs) in enumerate(sorted(applied.items()), start=1):
        if needs is not None and needs > len(migrations):
            reason = f"it is applied, and this image's level {len(migrations)} is below {needs}"
            error = StatementError(1, reason, f"run an image of level {needs} or higher")
            raise RefusedMigrationError(name, error)
        if number <= len(migrations) and name != migrations[number - 1].name:
            reason = f"it is applied where this image has {migrations[number - 1].name}"
            way_out = "give the image the files that are applied, and new ones higher numbers"
            raise RefusedMigrationError(name, StatementError(1, reason, way_out))
    complete = applied.keys() - begun
    new = [migration for migration in migrations if migration.name not in complete]
    for migration in new:
        if floor is not None and migration.needs is not None and migration.needs > floor:
            reason = f"the version that may come back has level {floor}, below {migration.needs}"
            way_out = f"release an image of level {migration.needs} first, without this file"
            error = StatementError(migration.needs_line, reason, way_out)
            raise RefusedMigrationError(migration.name, error)
    return new


def _files(folder: Traversable) -> list[Traversable]:
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted(found, key=lambda entry: entry.name)


def _read(file: Traversable, number: int) -> Migration:
    text = file.read_text(encoding="utf-8")
    try:
        _check_name(file.name, number)
        phase, needs, line = _header(text, number)
        check(one_statement(text), phase)
    except StatementError as error:
        raise RefusedMigrationError(file.name, error) from error
    return Migration(name=file.name, statement=text, needs=needs, needs_line=line)


def _check_name(name: str, number: int) -> None:
    # 80: schema_migrations keeps 100 characters.
    if not re.fullmatch(rf"{number:04}_[a-z0-9_]{{1,80}}\.sql", name):
        reason = f"it is the file number {number} in order, and its name does not say so"
        raise StatementError(1, reason, f"name it {number:04}_what_it_does.sql, no gap before it")


def _header(text: str, number: int) -> tuple[Phase, int | None, int]:
    """Phase, need and the need's line, from the comments before the statement."""
    said: dict[str, tuple[str, int]] = {}
    for line, comment in enumerate(text.splitlines(), start=1):
        if comment.strip() and not comment.startswith("--"):
            break
        if found := re.fullmatch(r"-- (phase|needs): (.*)", comment):
            if found[1] in said:
                raise StatementError(line, f"a second {found[1]}", "leave one of them out")
            said[found[1]] = found[2], line
    phase, phase_line = said.get("phase", ("", 1))
    needs, line = said.get("needs", (None, phase_line))
    if phase == "expand":
        if needs is not None:
            raise StatementError(line, "an expand migration needs nothing", "leave 'needs' out")
        return "expand", None, line
    if phase != "contract":
        raise StatementError(phase_line, "it says no phase", PHASES)
    # One that needs its own level could never be applied after the level before it.
    if needs is None or not re.fullmatch(r"[0-9]{1,4}", needs) or not 1 <= int(needs) < number:
        way_out = (
            f"write '-- needs: n' with n from 1 to {number - 1}, the lowest level of an image "
            "that no longer relies on what goes"
        )
        raise StatementError(line, "a contract migration says what it needs", way_out)
    return "contract", int(needs), line
