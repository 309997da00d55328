"""SQLAlchemy's engine for whatever is no request: Jobs and commands, one connection each."""

import ssl

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from task1.urls import DatabaseUrl

CONNECT_SECONDS = 2


def engine_of(url: DatabaseUrl, *, database: str | None) -> Engine:
    """Connections as `url` says, to `database` or to none, over verified TLS."""
    address = URL.create(
        "mysql+pymysql",
        username=url.user,
        password=url.password,
        host=url.host,
        port=url.port,
        database=database,
    )
    return create_engine(
        address,
        connect_args={"ssl": ssl.create_default_context(), "connect_timeout": CONNECT_SECONDS},
        # Else an UPDATE keeps a lock on each row that it only looked at.
        isolation_level="READ COMMITTED",
        poolclass=NullPool,
        # Passwords are parameters too.
        hide_parameters=True,
    )


def code_of(error: DBAPIError) -> int:
    """The server's or driver's number for it; 0 where there is none."""
    told = error.orig.args[:1] if error.orig else ()
    return told[0] if told and isinstance(told[0], int) else 0
