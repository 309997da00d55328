"""The migration Job against a real database and a Secrets Manager on loopback."""

import asyncio
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

import task1.migrate
from daemons import APP_PASSWORD, MASTER_PASSWORD, Certificates, Daemon, MariaDb, SecretsManager
from task1.config import database_url
from task1.database import Cursor, connect, run
from task1.schema import read_migrations
from task1.secret import Credentials, signed_headers

URL = "mysql://app:word@db:3306/task1_db"
NAMES = [migration.name for migration in read_migrations()]


def applied(mariadb: MariaDb, database: str) -> list[str]:
    names = mariadb.sql(f"SELECT name FROM {database}.schema_migrations ORDER BY name")
    return [row[0] for row in names]


def as_app(url: str, certificates: Certificates, statement: str) -> list[tuple[object, ...]]:
    async def ask() -> list[tuple[object, ...]]:
        parts = database_url(url)
        tls = ssl.create_default_context(cafile=certificates.authority)
        connection = await connect(parts, tls, name=parts.name)
        try:
            return await run(connection, statement)
        finally:
            await connection.ensure_closed()

    return asyncio.run(ask())


@pytest.mark.local
def test_the_job_makes_user_and_schema(
    job: Callable[..., Daemon], mariadb: MariaDb, certificates: Certificates
):
    url = mariadb.url("task1_job")

    code = job(DATABASE_URL=url).wait()

    assert code == 0
    assert applied(mariadb, "task1_job") == NAMES
    assert as_app(url, certificates, "SELECT COUNT(*) FROM posts") == [(0,)]


@pytest.mark.local
def test_two_jobs_at_once_both_succeed(job: Callable[..., Daemon], mariadb: MariaDb):
    url = mariadb.url("task1_twice")

    jobs = [job(DATABASE_URL=url) for _ in range(3)]
    codes = [one.wait() for one in jobs]

    assert codes == [0, 0, 0]
    assert applied(mariadb, "task1_twice") == NAMES
    told = "".join(one.log.read_text() for one in jobs)
    assert told.count('"migrated"') == len(NAMES)


@pytest.mark.local
def test_a_second_run_keeps_the_posts(job: Callable[..., Daemon], mariadb: MariaDb):
    url = mariadb.url("task1_again")
    job(DATABASE_URL=url).wait()
    mariadb.sql(
        "INSERT INTO task1_again.posts (title, content, createdAt, updatedAt)"
        " VALUES ('kept', 'c', NOW(3), NOW(3))"
    )

    code = job(DATABASE_URL=url).wait()

    assert code == 0
    assert mariadb.sql("SELECT title FROM task1_again.posts") == [["kept"]]


@pytest.mark.local
def test_the_app_may_touch_rows_of_its_own_database_only(
    job: Callable[..., Daemon], mariadb: MariaDb
):
    job(DATABASE_URL=mariadb.url("task1_own", user="narrow")).wait()

    grants = mariadb.sql("SHOW GRANTS FOR narrow@'%'")

    assert grants[1] == [r"GRANT SELECT, INSERT, UPDATE, DELETE ON `task1\\_own`.* TO `narrow`@`%`"]
    assert len(grants) == 2
    assert grants[0][0].startswith("GRANT USAGE ON *.* ")


@pytest.mark.local
def test_a_new_password_in_the_url_becomes_the_users(
    job: Callable[..., Daemon], mariadb: MariaDb, certificates: Certificates
):
    job(DATABASE_URL=mariadb.url("task1_rotated", user="rotated")).wait()
    url = mariadb.url("task1_rotated", user="rotated", password="another")

    job(DATABASE_URL=url).wait()

    assert as_app(url, certificates, "SELECT 1") == [(1,)]


@pytest.mark.local
def test_the_secret_is_asked_for_once(
    job: Callable[..., Daemon], mariadb: MariaDb, aws: SecretsManager
):
    job(DATABASE_URL=mariadb.url("task1_once")).wait()

    (credentials, secret) = aws.requests

    assert credentials[0] == "GET /v1/credentials"
    assert credentials[1]["authorization"] == "pod token"
    assert secret[0] == "POST /"
    assert secret[1]["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert "Credential=AKID/" in secret[1]["authorization"]


@pytest.mark.local
def test_a_refused_secret_ends_the_job_with_1(
    job: Callable[..., Daemon], mariadb: MariaDb, aws: SecretsManager
):
    aws.status = 403

    failed = job(DATABASE_URL=mariadb.url("task1_refused"))

    assert failed.wait() == 1
    assert "status 403" in failed.log.read_text()


class LostConnection:
    """A connection that breaks with its first statement."""

    def __init__(self, error: OSError) -> None:
        self._error = error

    def cursor(self) -> Cursor:
        raise self._error

    async def ensure_closed(self) -> None:
        """Nothing: it is closed."""


@pytest.mark.parametrize("lost", [ConnectionResetError(104, "reset by peer"), TimeoutError()])
def test_a_connection_lost_midway_ends_the_job_with_1(
    lost: OSError,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    async def connected(*_: object) -> LostConnection:
        return LostConnection(lost)

    monkeypatch.setattr(task1.migrate, "connect", connected)
    for name, value in {**environment, "DATABASE_URL": URL}.items():
        monkeypatch.setenv(name, value)
    code = task1.migrate.main()

    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert code == 1
    assert told["event"] == "migration-failed"
    assert told["error"] == f"lost mysql://app:***@db:3306/task1_db: {lost!r}"


@pytest.mark.local
def test_a_token_that_is_gone_ends_the_job_with_1(job: Callable[..., Daemon], tmp_path: Path):
    failed = job(DATABASE_URL=URL, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="/proc/self/mem")

    assert failed.wait() == 1
    told = failed.log.read_text().splitlines()
    assert [json.loads(line)["event"] for line in told] == ["migration-failed"]
    assert "no token in /proc/self/mem" in told[0]


@pytest.mark.local
def test_no_password_is_logged(job: Callable[..., Daemon], mariadb: MariaDb):
    done = job(DATABASE_URL=mariadb.url("task1_quiet"))
    done.wait()

    log = done.log.read_text()

    assert "schema-ready" in log
    assert MASTER_PASSWORD not in log
    assert APP_PASSWORD not in log


@pytest.mark.local
def test_a_bad_environment_ends_the_job_with_78(job: Callable[..., Daemon]):
    failed = job(DATABASE_URL="mysql://", MASTER_SECRET_ARN="")

    assert failed.wait() == 78
    assert "DATABASE_URL: " in failed.log.read_text()
    assert "MASTER_SECRET_ARN: " in failed.log.read_text()


def test_the_signature_is_the_one_that_botocore_makes():
    now = datetime.now(UTC).replace(microsecond=0)
    body = b'{"SecretId":"arn"}'
    host = "secretsmanager.eu-west-1.amazonaws.com"
    ours = signed_headers(host, body, "eu-west-1", Credentials("AKID", "secret", "token"), now)

    request = botocore.awsrequest.AWSRequest("POST", f"https://{host}/", data=body)
    for name in ("content-type", "x-amz-target"):
        request.headers[name] = ours[name]
    signer = botocore.auth.SigV4Auth(
        botocore.credentials.Credentials("AKID", "secret", "token"), "secretsmanager", "eu-west-1"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda: now.replace(tzinfo=None))
        signer.add_auth(request)

    assert ours["authorization"] == request.headers["Authorization"]
