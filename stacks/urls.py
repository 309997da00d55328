"""Connection URLs: every part percent-encoded, so that any password survives."""

from urllib.parse import quote

CONNECTION_LIMIT, POOL_TIMEOUT_SECONDS = 20, 60
"""The app's connection pool, as the scaling guide sets it."""


def mysql_url(*, user: str, password: str, host: str, port: int, database: str) -> str:
    """What DATABASE_URL holds; the pool's bounds go with it."""
    pool = f"connection_limit={CONNECTION_LIMIT}&pool_timeout={POOL_TIMEOUT_SECONDS}"
    return f"mysql://{_login(user, password)}@{host}:{port}/{quote(database, safe='')}?{pool}"


def redis_url(*, user: str, password: str, host: str, port: int) -> str:
    """What REDIS_URL holds: TLS, database 0."""
    return f"rediss://{_login(user, password)}@{host}:{port}/0"


def _login(user: str, password: str) -> str:
    return f"{quote(user, safe='')}:{quote(password, safe='')}"
