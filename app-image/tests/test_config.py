"""The environment: what is read, what is refused, and that no message holds a password."""

from pathlib import Path

import msgspec
import pytest

from task1.config import InvalidEnvironmentError, read_config
from task1.job import read_task
from task1.urls import DatabaseUrl, database_url, redis_url

GOOD = {
    "HOST": "127.77.0.1",
    "PORT": "5000",
    "DATABASE_URL": "mysql://app:a%2Fb%40c%3A@db:3306/task1_db?connection_limit=20&pool_timeout=60",
    "REDIS_URL": "rediss://app:p%3Fw@cache:6379/0",
    "RELEASE_DIGEST": "sha256:" + "0" * 64,
    "DRAIN_SECONDS": "30",
    "JWT_KEYS": "k1:" + "s" * 32,
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

    with pytest.raises(InvalidEnvironmentError, match="7 to correct") as caught:
        read_config(bad)

    lines = str(caught.value).splitlines()[1:]
    named = [line.split(":")[0].strip() for line in lines]
    assert named == [
        "HOST",
        "PORT",
        "DATABASE_URL",
        "REDIS_URL",
        "JWT_KEYS",
        "RELEASE_DIGEST",
        "DRAIN_SECONDS",
    ]


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
        ("JWT_KEYS", "secret" * 9, "id:key"),
        ("JWT_KEYS", "k1:secret", "k1: has fewer than 32 characters"),
        ("JWT_KEYS", f"k1:{'secret' * 9},k1:{'secret' * 8}", "two keys of one id"),
        ("JWT_KEYS", f"k 1:{'secret' * 9}", "id:key"),
        ("TRUSTED_HOPS", "-1", "from 0 to 5"),
        ("EXPECTED_PODS", "0", "from 1 to 1000"),
        ("DATABASE_AUTH", "ldap", "neither password nor iam"),
        ("POSTS_PARTITIONED", "yes", "neither true nor false"),
        ("SENTRY_DSN", "https://secret@", "https://key@host/project"),
    ],
)
def test_a_bad_value_is_refused(name: str, value: str, message: str):
    with pytest.raises(InvalidEnvironmentError, match="1 to correct") as caught:
        read_config({**GOOD, name: value})

    assert f"{name}: " in str(caught.value)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "DATABASE_READ_REPLICA_URL", "REDIS_URL", "JWT_KEYS"]
)
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str):
    value = GOOD.get(name, GOOD["DATABASE_URL"])
    file = tmp_path / name
    file.write_text(f"{value}\n")
    others = {key: text for key, text in GOOD.items() if key != name}

    config = read_config({**others, f"{name}_FILE": str(file)})

    assert msgspec.structs.replace(
        config, writer=plain(config.writer), reader=plain(config.reader)
    ) == read_config({**GOOD, name: value})


def plain(url: DatabaseUrl) -> DatabaseUrl:
    """Without where it was read from."""
    return msgspec.structs.replace(url, file=None)


def test_a_database_url_knows_the_file_it_came_from(tmp_path: Path):
    file = tmp_path / "url"
    file.write_text(GOOD["DATABASE_URL"])
    others = {key: text for key, text in GOOD.items() if key != "DATABASE_URL"}

    config = read_config({**others, "DATABASE_URL_FILE": str(file)})

    assert config.writer.file == config.reader.file == file
    assert read_config(GOOD).writer.file is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b"\xff", "cannot be read"),
        (b"rediss://app:secret@cache:port", "form rediss://"),
    ],
)
def test_a_bad_file_is_named_without_what_it_holds(
    tmp_path: Path, content: bytes | None, message: str
):
    file = tmp_path / "redis"
    if content is not None:
        file.write_bytes(content)
    others = {key: text for key, text in GOOD.items() if key != "REDIS_URL"}

    with pytest.raises(InvalidEnvironmentError, match="1 to correct") as caught:
        read_config({**others, "REDIS_URL_FILE": str(file)})

    assert "REDIS_URL_FILE: " in str(caught.value)
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_secret_given_twice_is_refused(tmp_path: Path):
    with pytest.raises(InvalidEnvironmentError, match="REDIS_URL: set, and REDIS_URL_FILE is too"):
        read_config({**GOOD, "REDIS_URL_FILE": str(tmp_path / "redis")})


def test_iam_asks_for_the_region_and_the_pods_credentials():
    with pytest.raises(InvalidEnvironmentError, match="3 to correct") as caught:
        read_config({**GOOD, "DATABASE_AUTH": "iam"})

    for name in ("AWS_REGION", "CREDENTIALS_FULL_URI", "AUTHORIZATION_TOKEN_FILE"):
        assert name in str(caught.value)


def test_the_first_key_signs_and_all_are_known():
    keys = read_config({**GOOD, "JWT_KEYS": f"new:{'a' * 32}, old:{'b' * 32}"}).jwt_keys

    assert [key.id for key in keys] == ["new", "old"]
    assert "a" * 32 not in repr(keys)


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
