"""What the Jobs share that change the schema: variables, the master's connection, exit codes."""

import os
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from task1.config import (
    BAD_CONFIGURATION,
    Environment,
    InvalidEnvironmentError,
    existing_file,
)
from task1.engine import engine_of
from task1.log import log
from task1.secret import Login, SecretError, pod_credentials, read_login
from task1.urls import DatabaseUrl, database_url, whole_number

CONNECT_WITHIN_SECONDS = 30.0
"""A database that was just made may not answer yet."""
LOCK_SECONDS = 60
TABLE_LOCK_SECONDS = 1
"""While a statement waits for a table, all that come after it wait too; the API waits 2 s."""


class JobError(Exception):
    """The Job's work could not be done."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """All that a Job takes from outside."""

    app: DatabaseUrl
    """The app's URL straight to the writer: its user is made, its database is changed.

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


def exit_code_of(name: str, work: Callable[[Task], None]) -> int:
    """Do the work, and give the Job's exit code: 0, 1 when it failed, 78 for bad settings.

    A failure is logged as the event `name`-failed.
    """
    try:
        task = read_task(os.environ)
    except InvalidEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    try:
        work(task)
    except (JobError, SecretError) as error:
        log(f"{name}-failed", error=str(error))
        return 1
    except DBAPIError as error:
        # Not the error itself: it repeats the statement.
        log(f"{name}-failed", error=f"{task.app!r}: the database says {error.orig}")
        return 1
    return 0


def master_of(task: Task) -> Login:
    """The master user's login, from its secret. Raises `SecretError`."""
    credentials = pod_credentials(task.credentials_uri, task.token_file)
    return read_login(
        task.secret_arn, region=task.region, endpoint=task.endpoint, credentials=credentials
    )


@contextmanager
def alone(app: DatabaseUrl, master: Login) -> Generator[Connection]:
    """The master's connection, with no database chosen, while every other Job waits.

    A statement of it waits for a table no longer than a request would. Raises `JobError`.
    """
    url = msgspec.structs.replace(app, user=master.username, password=master.password)
    connection = _connected(url)
    try:
        lock = f"SELECT GET_LOCK('task1_migrate', {LOCK_SECONDS})"
        if connection.exec_driver_sql(lock).scalar() != 1:
            raise JobError(f"another Job held the lock for {LOCK_SECONDS} s; run this one again")
        connection.exec_driver_sql(f"SET SESSION lock_wait_timeout = {TABLE_LOCK_SECONDS}")
        yield connection
    finally:
        # Ends the lock too.
        connection.close()


def _connected(url: DatabaseUrl) -> Connection:
    engine = engine_of(url, database=None)
    give_up = time.monotonic() + CONNECT_WITHIN_SECONDS
    while True:
        try:
            return engine.connect()
        except DBAPIError as error:
            if time.monotonic() > give_up:
                raise JobError(f"no connection to {url!r}: {error.orig}") from error
            log("database-not-ready", error=str(error.orig))
            time.sleep(0.5)
