"""`python -m task1.migrate`: the app's database user, then the schema, as the master user.

Safe to run again and twice at once: one run works, the other waits for its lock. Migrations that
docs/migrations.md forbids are refused before anything is changed.
"""

import asyncio
import os
import ssl
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from asyncmy.errors import MySQLError

from task1.config import (
    BAD_CONFIGURATION,
    Environment,
    InvalidEnvironmentError,
    existing_file,
)
from task1.database import Connection, code_of, connect, run
from task1.log import log, quiet_libraries
from task1.schema import Migration, Needs, RefusedMigrationError, read_migrations, to_apply
from task1.secret import Login, SecretError, pod_credentials, read_login
from task1.urls import DatabaseUrl, database_url, whole_number

CONNECT_WITHIN_SECONDS = 30.0
"""A database that was just made may not answer yet."""
LOCK_SECONDS = 60
TABLE_LOCK_SECONDS = 1
"""While a statement waits for a table, all that come after it wait too; the API waits 2 s."""
REFUSED = 65
"""Exit code EX_DATAERR of sysexits.h: another attempt would end the same way."""
LEDGER = (
    "CREATE TABLE IF NOT EXISTS schema_migrations (name VARCHAR(100) NOT NULL PRIMARY KEY, "
    "needs SMALLINT UNSIGNED NULL, appliedAt DATETIME(3) NULL)"
)
"""`appliedAt` is NULL from before a statement to after it."""
DONE_BEFORE = frozenset({1050, 1051, 1060, 1061, 1091})
"""Codes for what is there already, or gone: table, column, key."""


class MigrationError(Exception):
    """The schema is not as this image needs it."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """All that the Job takes from outside."""

    app: DatabaseUrl
    """The app's URL straight to the writer: its user is made, its database is migrated.

    Not by way of a proxy, which knows the app's login only, not the master's.
    """
    secret_arn: str
    region: str
    endpoint: str
    credentials_uri: str
    token_file: Path
    floor: int | None
    """Level of the version that may come back; none if there is no such version."""


def read_task(variables: Mapping[str, str]) -> Task:
    """The Job's configuration; raises `InvalidEnvironmentError` that names every problem."""
    environment = Environment(variables)
    app = environment.secret("DATABASE_URL", database_url)
    secret_arn = environment.read("MASTER_SECRET_ARN", str)
    region = environment.read("AWS_REGION", str)
    regional = f"https://secretsmanager.{region}.amazonaws.com"
    endpoint = environment.read_or("AWS_ENDPOINT_URL", str, regional)
    credentials_uri = environment.read("AWS_CONTAINER_CREDENTIALS_FULL_URI", str)
    token_file = environment.read("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", existing_file)
    floor = environment.read_or("MIGRATION_FLOOR", whole_number(0, 9999), None)
    environment.read_or("SSL_CERT_FILE", existing_file, None)
    if (
        environment.problems
        or app is None
        or secret_arn is None
        or region is None
        or endpoint is None
        or credentials_uri is None
        or token_file is None
    ):
        raise InvalidEnvironmentError(environment.problems)
    return Task(
        app=app,
        secret_arn=secret_arn,
        region=region,
        endpoint=endpoint,
        credentials_uri=credentials_uri,
        token_file=token_file,
        floor=floor,
    )


async def migrate(
    app: DatabaseUrl, master: Login, migrations: Sequence[Migration], floor: int | None
) -> list[str]:
    """Make the user and the schema; gives the names of the migrations that were new.

    Raises `RefusedMigrationError` before anything is changed.
    """
    url = msgspec.structs.replace(app, user=master.username, password=master.password)
    connection = await _connected(url)
    try:
        await _lock(connection)
        await run(connection, f"SET SESSION lock_wait_timeout = {TABLE_LOCK_SECONDS}")
        begun, applied = await _known(connection, app.name)
        new = to_apply(migrations, applied, begun, floor)
        # Names were checked when the URL was read: letters, digits, underscores.
        await run(connection, f"CREATE DATABASE IF NOT EXISTS `{app.name}`")
        await _make_user(connection, app)
        await run(connection, f"USE `{app.name}`")
        await run(connection, LEDGER)
        # Else an UPDATE keeps a lock on each row that it only looked at.
        await run(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        for migration in new:
            await _apply(connection, migration, again=migration.name in begun)
        return [migration.name for migration in new]
    finally:
        # Ends the lock too.
        await connection.ensure_closed()


async def _connected(url: DatabaseUrl) -> Connection:
    tls = ssl.create_default_context()
    give_up = time.monotonic() + CONNECT_WITHIN_SECONDS
    while True:
        try:
            return await connect(url, tls)
        except (MySQLError, OSError, TimeoutError) as error:
            if time.monotonic() > give_up:
                raise MigrationError(f"no connection to {url!r}: {error!r}") from error
            log("database-not-ready", error=repr(error))
            await asyncio.sleep(0.5)


async def _lock(connection: Connection) -> None:
    rows = await run(connection, f"SELECT GET_LOCK('task1_migrate', {LOCK_SECONDS})")
    if rows[0][0] != 1:
        raise MigrationError(f"another migration held the lock for {LOCK_SECONDS} s")


async def _make_user(connection: Connection, app: DatabaseUrl) -> None:
    login = (app.user, app.password)
    await run(connection, "CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", login)
    await run(connection, "ALTER USER %s@'%%' IDENTIFIED BY %s", login)
    # In GRANT an underscore of a database name stands for any character unless escaped.
    name = app.name.replace("_", r"\_")
    rights = f"GRANT SELECT, INSERT, UPDATE, DELETE ON `{name}`.* TO %s@'%%'"
    await run(connection, rights, (app.user,))


async def _known(connection: Connection, database: str) -> tuple[set[str], Needs]:
    """Names of what was begun and never noted as done; what all that was begun needs, by name."""
    there = "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_name = %s"
    if not await run(connection, there, (database, "schema_migrations")):
        return set(), {}
    # The name was checked when the URL was read.
    ledger = f"SELECT name, needs, appliedAt FROM `{database}`.schema_migrations"  # noqa: S608
    rows = await run(connection, ledger)
    begun = {name for name, _, applied_at in rows if applied_at is None}
    return begun, {name: needs for name, needs, _ in rows}


async def _apply(connection: Connection, migration: Migration, *, again: bool) -> None:
    """The statement, noted before and after: DDL commits by itself, and the Job may be killed."""
    name = (migration.name,)
    try:
        if not again:
            begin = "INSERT INTO schema_migrations VALUES (%s, %s, NULL)"
            await run(connection, begin, (migration.name, migration.needs))
        # Rows are changed and noted as one.
        await run(connection, "START TRANSACTION")
        try:
            await run(connection, migration.statement)
        except MySQLError as error:
            await run(connection, "ROLLBACK")
            if not again:
                await run(connection, "DELETE FROM schema_migrations WHERE name = %s", name)
                raise
            if code_of(error) not in DONE_BEFORE:
                raise
        done = "UPDATE schema_migrations SET appliedAt = UTC_TIMESTAMP(3) WHERE name = %s"
        await run(connection, done, name)
        await run(connection, "COMMIT")
    except MySQLError as error:
        raise MigrationError(f"{migration.name}: the database says {error}") from error
    log("migrated", name=migration.name)


def main() -> int:
    """The Job's exit code.

    0 when the schema stands, 1 when it does not yet, 65 when it was refused, 78 for bad settings.
    """
    try:
        task = read_task(os.environ)
    except InvalidEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    quiet_libraries()
    try:
        migrations = read_migrations()
        credentials = pod_credentials(task.credentials_uri, task.token_file)
        master = read_login(
            task.secret_arn, region=task.region, endpoint=task.endpoint, credentials=credentials
        )
        new = asyncio.run(migrate(task.app, master, migrations, task.floor))
    except RefusedMigrationError as error:
        log(
            "migration-refused",
            file=error.file,
            line=error.line,
            reason=error.reason,
            way_out=error.way_out,
        )
        return REFUSED
    except (SecretError, MigrationError, MySQLError) as error:
        log("migration-failed", error=str(error))
        return 1
    except OSError as error:
        # All that is left of these: a connection that breaks where asyncmy does not say it itself.
        log("migration-failed", error=f"lost {task.app!r}: {error!r}")
        return 1
    log("schema-ready", new=len(new))
    return 0


if __name__ == "__main__":
    sys.exit(main())
