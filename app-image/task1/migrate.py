"""`python -m task1.migrate`: the app's database user, then the schema, as the master user.

Safe to run again and twice at once: one run works, the other waits for its lock. Migrations that
docs/migrations.md forbids are refused before anything is changed.
"""

import sys
from collections.abc import Sequence
from functools import partial

from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from task1.engine import code_of
from task1.job import JobError, Task, alone, exit_code_of, master_of
from task1.log import log
from task1.revisions import read_migrations
from task1.schema import FOLDER, Migration, Needs, RefusedMigrationError, to_apply
from task1.secret import Login
from task1.urls import DatabaseUrl

REFUSED = 65
"""Exit code EX_DATAERR of sysexits.h: another attempt would end the same way."""
LEDGER = (
    "CREATE TABLE IF NOT EXISTS migrations_begun (revision VARCHAR(32) NOT NULL PRIMARY KEY, "
    "needs SMALLINT UNSIGNED NULL, begunAt DATETIME(3) NOT NULL)"
)
"""Each migration from before its statement; alembic_version has the last that is complete."""
DONE_BEFORE = frozenset({1050, 1051, 1060, 1061, 1091})
"""Codes for what is there already, or gone: table, column, key."""


def migrate(
    app: DatabaseUrl, master: Login, migrations: Sequence[Migration], floor: int | None
) -> list[str]:
    """Make the user and the schema; gives the names of the migrations that were new.

    Raises `RefusedMigrationError` before anything is changed.
    """
    with alone(app, master) as connection:
        begun, applied = _known(connection, app.name)
        new = to_apply(migrations, applied, begun, floor)
        # Names were checked when the URL was read: letters, digits, underscores.
        connection.exec_driver_sql(f"CREATE DATABASE IF NOT EXISTS `{app.name}`")
        _make_user(connection, app)
        connection.exec_driver_sql(f"USE `{app.name}`")
        connection.exec_driver_sql(LEDGER)
        for migration in new:
            _apply(connection, app.name, migration, again=migration.name in begun)
        return [migration.name for migration in new]


def _make_user(connection: Connection, app: DatabaseUrl) -> None:
    login = (app.user, app.password)
    connection.exec_driver_sql("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", login)
    connection.exec_driver_sql("ALTER USER %s@'%%' IDENTIFIED BY %s", login)
    # In GRANT an underscore of a database name stands for any character unless escaped.
    name = app.name.replace("_", r"\_")
    rights = f"GRANT SELECT, INSERT, UPDATE, DELETE ON `{name}`.* TO %s@'%%'"
    connection.exec_driver_sql(rights, (app.user,))


def _known(connection: Connection, database: str) -> tuple[set[str], Needs]:
    """Names of what was begun and is not complete; what all that was begun needs, by name."""
    there = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s"
    tables = {name for (name,) in connection.exec_driver_sql(there, (database,))}
    needs: dict[str, int | None] = {}
    if "migrations_begun" in tables:
        # The name was checked when the URL was read.
        ledger = f"SELECT revision, needs FROM `{database}`.migrations_begun"  # noqa: S608
        needs = {row[0]: row[1] for row in connection.exec_driver_sql(ledger)}
    last = ""
    if "alembic_version" in tables:
        version = f"SELECT version_num FROM `{database}`.alembic_version"  # noqa: S608
        for (name,) in connection.exec_driver_sql(version):
            if last or name not in needs:
                reason = f"alembic_version was changed by hand: it says {name}"
                raise JobError(f"{reason}; set it to the last complete one of migrations_begun")
            last = name
    return {name for name in needs if name > last}, needs


def _apply(connection: Connection, database: str, migration: Migration, *, again: bool) -> None:
    """The statement, noted before and after: DDL commits by itself, and the Job may be killed."""
    if not again:
        begin = "INSERT INTO migrations_begun VALUES (%s, %s, UTC_TIMESTAMP(3))"
        connection.exec_driver_sql(begin, (migration.name, migration.needs))
    connection.commit()
    directory = ScriptDirectory(FOLDER)
    script = directory.get_revision(migration.name)
    step = RevisionStep(directory.revision_map, script, is_upgrade=True)
    # What was checked is what runs, whatever upgrade() would say now.
    step.migration_fn = partial(_run, connection, migration.statement, again=again)

    def steps(_heads: object, _context: MigrationContext) -> list[RevisionStep]:
        return [step]

    options: dict[str, object] = {"fn": steps, "version_table_schema": database}
    try:
        # In one transaction with alembic's note, so that rows are changed and noted as one.
        MigrationContext.configure(connection, opts=options).run_migrations()
    except DBAPIError as error:
        # A statement whose end was not seen stays begun, since it may be complete.
        if not again and not error.connection_invalidated:
            forget = "DELETE FROM migrations_begun WHERE revision = %s"
            connection.exec_driver_sql(forget, (migration.name,))
            connection.commit()
        raise JobError(f"{migration.name}.py: the database says {error.orig}") from error
    log("migrated", name=migration.name)


def _run(connection: Connection, statement: str, *, again: bool) -> None:
    try:
        # Without parameters no % and no colon of the text is anything but itself.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    except DBAPIError as error:
        if not again or code_of(error) not in DONE_BEFORE:
            raise


def _work(task: Task) -> None:
    migrations = read_migrations()
    new = migrate(task.app, master_of(task), migrations, task.floor)
    log("schema-ready", new=len(new))


def main() -> int:
    """The Job's exit code.

    0 when the schema stands, 1 when it does not yet, 65 when it was refused, 78 for bad settings.
    """
    try:
        return exit_code_of("migration", _work)
    except RefusedMigrationError as error:
        log(
            "migration-refused",
            file=error.file,
            line=error.line,
            reason=error.reason,
            way_out=error.way_out,
        )
        return REFUSED


if __name__ == "__main__":
    sys.exit(main())
