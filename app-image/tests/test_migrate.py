"""The migration Job against a real database and a Secrets Manager on loopback."""

import json
from datetime import UTC, datetime
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

import task1.job
from api_process import MASTER
from conftest import BuildImage, StartJob
from daemons import (
    APP_PASSWORD,
    MASTER_PASSWORD,
    Certificates,
    MariaDb,
    SecretsManager,
    eventually,
)
from task1.engine import engine_of
from task1.job import JobError, alone
from task1.revisions import read_migrations
from task1.secret import Credentials, signed_headers
from task1.urls import database_url

URL = "mysql://app:word@db:3306/task1_db"
NAMES = [migration.name for migration in read_migrations()]


def applied(mariadb: MariaDb, database: str) -> list[str]:
    names = mariadb.sql(f"SELECT revision FROM {database}.migrations_begun ORDER BY revision")
    return [row[0] for row in names]


def as_app(url: str, certificates: Certificates, statement: str) -> list[tuple[object, ...]]:
    parts = database_url(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificates.authority))
        with engine_of(parts, database=parts.name).connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]


@pytest.mark.local
def test_the_job_makes_user_and_schema(job: StartJob, mariadb: MariaDb, certificates: Certificates):
    url = mariadb.url("task1_job")

    code = job(DATABASE_URL=url).wait()

    assert code == 0
    assert applied(mariadb, "task1_job") == NAMES
    assert mariadb.sql("SELECT version_num FROM task1_job.alembic_version") == [NAMES[-1:]]
    assert as_app(url, certificates, "SELECT COUNT(*) FROM posts") == [(0,)]


@pytest.mark.local
def test_two_jobs_at_once_both_succeed(job: StartJob, mariadb: MariaDb):
    url = mariadb.url("task1_twice")

    jobs = [job(DATABASE_URL=url) for _ in range(3)]
    codes = [one.wait() for one in jobs]

    assert codes == [0, 0, 0]
    assert applied(mariadb, "task1_twice") == NAMES
    told = "".join(one.log.read_text() for one in jobs)
    assert told.count('"migrated"') == len(NAMES)


@pytest.mark.local
def test_a_second_run_keeps_the_posts(job: StartJob, mariadb: MariaDb):
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
def test_the_app_may_touch_rows_of_its_own_database_only(job: StartJob, mariadb: MariaDb):
    job(DATABASE_URL=mariadb.url("task1_own", user="narrow")).wait()

    grants = mariadb.sql("SHOW GRANTS FOR narrow@'%'")

    assert grants[1] == [r"GRANT SELECT, INSERT, UPDATE, DELETE ON `task1\\_own`.* TO `narrow`@`%`"]
    assert len(grants) == 2
    assert grants[0][0].startswith("GRANT USAGE ON *.* ")


@pytest.mark.local
def test_a_new_password_in_the_url_becomes_the_users(
    job: StartJob, mariadb: MariaDb, certificates: Certificates
):
    job(DATABASE_URL=mariadb.url("task1_rotated", user="rotated")).wait()
    url = mariadb.url("task1_rotated", user="rotated", password="another")

    job(DATABASE_URL=url).wait()

    assert as_app(url, certificates, "SELECT 1") == [(1,)]


@pytest.mark.local
def test_the_secret_is_asked_for_once(job: StartJob, mariadb: MariaDb, aws: SecretsManager):
    job(DATABASE_URL=mariadb.url("task1_once")).wait()

    (credentials, secret) = aws.requests

    assert credentials[0] == "GET /v1/credentials"
    assert credentials[1]["authorization"] == "pod token"
    assert secret[0] == "POST /"
    assert secret[1]["x-amz-target"] == "secretsmanager.GetSecretValue"
    assert "Credential=AKID/" in secret[1]["authorization"]


@pytest.mark.local
def test_a_refused_secret_ends_the_job_with_1(job: StartJob, mariadb: MariaDb, aws: SecretsManager):
    aws.status = 403

    failed = job(DATABASE_URL=mariadb.url("task1_refused"))

    assert failed.wait() == 1
    assert "status 403" in failed.log.read_text()


@pytest.mark.local
def test_a_job_whose_connection_is_lost_ends_with_1(
    job: StartJob, mariadb: MariaDb, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    url = mariadb.url("task1_lost")
    waiting = "SELECT id FROM information_schema.processlist WHERE state = 'User lock'"
    with alone(database_url(url), MASTER):
        failed = job(DATABASE_URL=url)
        ((connection,),) = eventually(lambda: mariadb.sql(waiting))
        mariadb.sql(f"KILL {connection}")
        code = failed.wait()

    told = json.loads(failed.log.read_text().splitlines()[-1])
    assert (code, told["event"]) == (1, "migration-failed")
    assert told["error"].startswith(f"{database_url(url)!r}: the database says (2013, ")


@pytest.mark.local
def test_a_lock_that_is_never_given_up_is_told(
    mariadb: MariaDb, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    monkeypatch.setattr(task1.job, "LOCK_SECONDS", 0)
    url = database_url(mariadb.url("task1_held"))
    with (
        alone(url, MASTER),
        pytest.raises(JobError, match="another Job held the lock for 0 s; run this one again"),
        alone(url, MASTER),
    ):
        pass


@pytest.mark.local
def test_a_server_of_another_authority_is_not_spoken_with(
    mariadb: MariaDb, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setattr(task1.job, "CONNECT_WITHIN_SECONDS", 0)
    with (
        pytest.raises(JobError, match="certificate verify failed"),
        alone(database_url(mariadb.url("task1_tls")), MASTER),
    ):
        pass


@pytest.mark.local
def test_a_token_that_is_gone_ends_the_job_with_1(job: StartJob, tmp_path: Path):
    failed = job(DATABASE_URL=URL, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="/proc/self/mem")

    assert failed.wait() == 1
    told = failed.log.read_text().splitlines()
    assert [json.loads(line)["event"] for line in told] == ["migration-failed"]
    assert "no token in /proc/self/mem" in told[0]


@pytest.mark.local
def test_the_url_may_be_given_by_a_file(job: StartJob, mariadb: MariaDb, tmp_path: Path):
    file = tmp_path / "url"
    file.write_text(mariadb.url("task1_file") + "\n")

    code = job(DATABASE_URL_FILE=str(file)).wait()

    assert code == 0
    assert applied(mariadb, "task1_file") == NAMES


@pytest.mark.local
def test_a_text_reaches_the_database_as_the_revision_writes_it(
    job: StartJob, image: BuildImage, mariadb: MariaDb, database: str
):
    text = "100 %, %s, %(a)s, 12:30, :name, ä"
    columns = "(email, name, passwordHash, createdAt)"
    insert = f"INSERT INTO users {columns} VALUES ('a@b', '{text}', '', NOW(3))"

    told = job(DATABASE_URL=mariadb.url(database), PYTHONPATH=image(**{"0004_a": (insert, None)}))

    assert told.wait() == 0, told.log.read_text()
    assert mariadb.sql(f"SELECT name FROM {database}.users WHERE email = 'a@b'") == [[text]]


@pytest.mark.local
def test_no_password_is_logged(job: StartJob, mariadb: MariaDb):
    done = job(DATABASE_URL=mariadb.url("task1_quiet"))
    done.wait()

    log = done.log.read_text()

    assert "schema-ready" in log
    assert MASTER_PASSWORD not in log
    assert APP_PASSWORD not in log


@pytest.mark.local
def test_a_bad_environment_ends_the_job_with_78(job: StartJob):
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
