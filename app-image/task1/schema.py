"""The image's migrations, counted, and held against what is applied; without alembic."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from task1.sql import StatementError

FOLDER = Path(__file__).parent / "migrations"
Needs = Mapping[str, int | None]
"""What each migration needs, by name."""


class RefusedMigrationError(Exception):
    """A migration that must not be applied, or an image that must not run on this schema."""

    def __init__(self, file: str, error: StatementError) -> None:
        super().__init__(f"{file}: {error}")
        self.file = file
        self.line, self.reason, self.way_out = error.line, error.reason, error.way_out


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One revision, as its file says."""

    name: str
    """Its revision, which is its file's name without `.py`."""
    statement: str
    needs: int | None
    """Lowest level of an image that no longer relies on the old shape; none for an expand one."""
    needs_line: int = 1


def revision_files(folder: Path = FOLDER) -> list[Path]:
    """The files in order."""
    return sorted((folder / "versions").glob("*.py"))


def level(folder: Path = FOLDER) -> int:
    """How many migrations the image has: two images of one level know one schema."""
    return len(revision_files(folder))


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
            raise _refused(name, 1, reason, f"run an image of level {needs} or higher")
        if number <= len(migrations) and name != migrations[number - 1].name:
            reason = f"it is applied where this image has {migrations[number - 1].name}.py"
            way_out = "give the image the files that are applied, and new ones higher numbers"
            raise _refused(name, 1, reason, way_out)
    complete = applied.keys() - begun
    new = [migration for migration in migrations if migration.name not in complete]
    for migration in new:
        if floor is not None and migration.needs is not None and migration.needs > floor:
            reason = f"the version that may come back has level {floor}, below {migration.needs}"
            way_out = f"release an image of level {migration.needs} first, without this file"
            raise _refused(migration.name, migration.needs_line, reason, way_out)
    return new


def _refused(name: str, line: int, reason: str, way_out: str) -> RefusedMigrationError:
    return RefusedMigrationError(f"{name}.py", StatementError(line, reason, way_out))
