"""The environment: what is read, what is refused, and that no message holds a password."""

import pytest

from task1.config import InvalidEnvironmentError, database_url, read_config, redis_url
from task1.migrate import read_task

GOOD = {
    "HOST": "127.77.0.1",
    "PORT": "5000",
    "DATABASE_URL": "mysql://app:a%2Fb%40c%3A@db:3306/task1_db?connection_limit=20&pool_timeout=60",
    "REDIS_URL": "rediss://app:p%3Fw@cache:6379/0",
    "RELEASE_DIGEST": "sha256:" + "0" * 64,
    "DRAIN_SECONDS": "30",
}


def test_user_and_password_are_percent_decoded():
    url = read_config(GOOD).writer

    assert (url.user, url.password, url.host, url.port) == ("app", "a/b@c:", "db", 3306)


def test_pool_bounds_come_from_the_url():
    url = database_url("mysql://a:b@c/d?connection_limit=7&pool_timeout=3")

    assert (url.connection_limit, url.pool_timeout_seconds) == (7, 3)


def test_one_url_serves_reads_and_writes():
    config = read_config(GOOD)

    assert config.reader == config.writer


def test_the_replica_url_is_for_reads_only():
    config = read_config({**GOOD, "DATABASE_READ_REPLICA_URL": "mysql://a:b@replica/task1_db"})

    assert (config.writer.host, config.reader.host) == ("db", "replica")


def test_every_problem_is_in_one_message():
    bad = {"PORT": "0", "DATABASE_URL": "postgres://a:b@c/d", "RELEASE_DIGEST": "latest"}

    with pytest.raises(InvalidEnvironmentError, match="6 to correct") as caught:
        read_config(bad)

    lines = str(caught.value).splitlines()[1:]
    named = [line.split(":")[0].strip() for line in lines]
    assert named == ["HOST", "PORT", "DATABASE_URL", "REDIS_URL", "RELEASE_DIGEST", "DRAIN_SECONDS"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "65536", "from 1 to 65535"),
        ("PORT", "५०००", "no whole number"),
        ("DRAIN_SECONDS", "0", "from 1 to 300"),
        ("RELEASE_DIGEST", "sha256:ABC", "64 hexadecimal"),
        ("DATABASE_URL", "mysql://app@db/task1_db", "form mysql://"),
        ("DATABASE_URL", "mysql://app:secret@db:port/task1_db", "form mysql://"),
        ("DATABASE_URL", "mysql://app:secret@db/task1`db", "letters, digits, underscores"),
        ("DATABASE_URL", "mysql://app:secret@db/d?connection_limit=0", "from 1 to 1000"),
        ("DATABASE_URL", "mysql://app:secret@db/d?ssl=off", "unknown option ssl"),
        ("REDIS_URL", "redis://app:secret@cache:6379/0", "form rediss://"),
        ("REDIS_URL", "rediss://app:secret@cache:6379/16", "from 0 to 15"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "no file at '/nowhere/ca.pem'"),
    ],
)
def test_a_bad_value_is_refused(name: str, value: str, message: str):
    with pytest.raises(InvalidEnvironmentError, match="1 to correct") as caught:
        read_config({**GOOD, name: value})

    assert f"{name}: " in str(caught.value)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", [database_url("mysql://a:secret@c/d"), redis_url("rediss://a:secret@c")]
)
def test_a_url_shows_no_password(url: object):
    assert "secret" not in repr(url)


def test_the_migration_names_every_missing_variable():
    with pytest.raises(InvalidEnvironmentError, match="5 to correct") as caught:
        read_task({})

    for name in ("DATABASE_URL", "MASTER_SECRET_ARN", "AWS_REGION", "FULL_URI", "TOKEN_FILE"):
        assert name in str(caught.value)
