"""A primary and a replica that may be made to apply late, with databases for single tests."""

import asyncio
import contextlib
import inspect
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
import uvloop

from daemons import ADDRESS, Certificates, MariaDb
from task1.database import Database, SlowQueryError, UnavailableError, insert
from task1.metrics import Metrics
from task1.urls import DatabaseUrl, database_url

PASSWORD = "of the tests"
LOCK_SECONDS = 3
LIMITS = (f"--lock-wait-timeout={LOCK_SECONDS}", f"--innodb-lock-wait-timeout={LOCK_SECONDS}")
"""Or a statement that was given up would wait on, in a session that counts."""
INSERT = "INSERT INTO notes (text) VALUES ('x')"


class Primary(MariaDb):
    """Server 1, which writes a binary log."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        super().__init__(folder, certificates, "--server-id=1", "--log-bin=binlog", *LIMITS)

    def start(self) -> None:
        super().start()
        self.sql(
            f"CREATE USER IF NOT EXISTS replica@'%' IDENTIFIED BY '{PASSWORD}';"
            " GRANT REPLICATION SLAVE ON *.* TO replica@'%'"
        )


class Replica(MariaDb):
    """Server 2, which follows server 1 by GTID over TLS."""

    def __init__(self, folder: Path, certificates: Certificates, primary: Primary) -> None:
        super().__init__(folder, certificates, "--server-id=2", *LIMITS)
        self._primary = primary
        self._authority = certificates.authority

    def follow(self, *, delay_seconds: int = 0) -> None:
        self.sql(
            "STOP SLAVE;"
            f" CHANGE MASTER TO MASTER_HOST='{ADDRESS}', MASTER_PORT={self._primary.port},"
            f" MASTER_USER='replica', MASTER_PASSWORD='{PASSWORD}', MASTER_SSL=1,"
            f" MASTER_SSL_CA='{self._authority}', MASTER_SSL_VERIFY_SERVER_CERT=1,"
            " MASTER_CONNECT_RETRY=1, MASTER_USE_GTID=slave_pos,"
            f" MASTER_DELAY={delay_seconds};"
            " START SLAVE"
        )

    def catch_up(self) -> None:
        """Wait until all that the primary holds is applied here too."""
        position = self._primary.sql("SELECT @@gtid_binlog_pos")[0][0]
        assert self.sql(f"SELECT MASTER_GTID_WAIT('{position}', 60)") == [["0"]]


class Pair(NamedTuple):
    primary: Primary
    replica: Replica

    def mend(self) -> None:
        """Undo what a test did to the servers; databases stay."""
        for server in self:
            if server.process is None or server.process.poll() is not None:
                server.start()
            server.signal(signal.SIGCONT)
            server.sql(
                "SET GLOBAL read_only = 0; SET GLOBAL max_connections = DEFAULT;"
                " SET GLOBAL sql_mode = DEFAULT; SET GLOBAL max_statement_time = DEFAULT;"
                f" SET GLOBAL innodb_lock_wait_timeout = {LOCK_SECONDS}"
            )
        self.replica.follow()
        self.replica.catch_up()


class Store:
    """A database with a table of notes, and a user of its own."""

    def __init__(self, pair: Pair, certificates: Certificates, name: str) -> None:
        self.primary, self.replica = pair
        self.name = name
        self.metrics = Metrics()
        self.tls = ssl.create_default_context(cafile=str(certificates.authority))
        self.primary.sql(
            f"CREATE DATABASE {name};"
            f" CREATE TABLE {name}.notes (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT NOT NULL);"
            f" CREATE USER {name}@'%' IDENTIFIED BY '{PASSWORD}';"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO {name}@'%'"
        )
        self.replica.catch_up()

    def url_text(self, server: MariaDb, *, limit: int = 5, password: str = PASSWORD) -> str:
        plain = server.url(self.name, user=self.name, password=password)
        return plain.replace("connection_limit=20", f"connection_limit={limit}")

    def url(self, server: MariaDb, *, limit: int = 5, file: Path | None = None) -> DatabaseUrl:
        text = file.read_text() if file else self.url_text(server, limit=limit)
        return msgspec.structs.replace(database_url(text), file=file)

    @contextlib.asynccontextmanager
    async def opened(
        self,
        *,
        writer: DatabaseUrl | None = None,
        reader: DatabaseUrl | None = None,
        limit: int = 5,
        region: str | None = None,
    ) -> AsyncIterator[Database]:
        """The database layer; with no reader but the writer unless there is one."""
        writer = writer or self.url(self.primary, limit=limit)
        config = SimpleNamespace(
            writer=writer,
            reader=reader or writer,
            database_auth="iam" if region else "password",
            region=region,
        )
        self.metrics = Metrics()
        database = Database(config, self.tls, self.metrics)  # type: ignore[arg-type]  # all it reads
        try:
            yield database
        finally:
            # uvloop does not end while a connection over TLS is open.
            database.close()

    @contextlib.asynccontextmanager
    async def with_reader(self, *, limit: int = 5) -> AsyncIterator[Database]:
        reader = self.url(self.replica, limit=limit)
        async with self.opened(reader=reader, limit=limit) as database:
            yield database

    def add(self, *texts: str) -> None:
        """Notes on the primary, past the database layer."""
        values = ", ".join(f"('{text}')" for text in texts)
        self.primary.sql(f"INSERT INTO {self.name}.notes (text) VALUES {values}")

    def sessions(self, server: MariaDb | None = None) -> list[int]:
        """Ids of the connections that the server sees of this database's user."""
        listed = f"SELECT id FROM information_schema.processlist WHERE user = '{self.name}'"
        return [int(row[0]) for row in (server or self.primary).sql(listed)]

    def end_sessions(self, server: MariaDb | None = None) -> None:
        (server or self.primary).sql(f"KILL USER {self.name}")

    def metric(self, name: str) -> float:
        """A sample of the metrics, as its line begins: name{label="value"}."""
        lines = self.metrics.text().decode().splitlines()
        return next(float(line.split(" ")[-1]) for line in lines if line.startswith(f"{name} "))


async def server_of(database: Database, *, fresh: bool = False) -> int:
    """Number of the server that answers a read."""
    return (await database.read("SELECT @@server_id", fresh=fresh))[0][0]


async def session_of(database: Database) -> int:
    """Id of the connection that serves a fresh read."""
    return (await database.read("SELECT CONNECTION_ID()", fresh=True))[0][0]


async def outcome(
    database: Database, statement: str = "SELECT @@server_id", *, fresh: bool = True
) -> str:
    """`rows`, or the name of the error that a read ends with."""
    try:
        await database.read(statement, fresh=fresh)
    except (UnavailableError, SlowQueryError) as error:
        return type(error).__name__
    return "rows"


async def written(database: Database) -> str:
    """`rows`, or the name of the error that a write ends with."""
    try:
        async with database.writer.connection() as connection:
            await insert(connection, INSERT, ())
    except (UnavailableError, SlowQueryError) as error:
        return type(error).__name__
    return "rows"


async def until(condition: Callable[[], object], *, within: float = 60.0) -> None:
    """Ask until the answer is true; fails loudly after many seconds."""
    async with asyncio.timeout(within):
        while True:
            answer = condition()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(0.05)


async def answers_again(database: Database) -> None:
    """Wait until fresh reads succeed."""

    async def does() -> bool:
        return await outcome(database) == "rows"

    await until(does)


async def served_by(database: Database, server: int) -> None:
    """Wait until the server of this number answers reads."""

    async def is_so() -> bool:
        return await server_of(database) == server

    await until(is_so)


def in_loop(main: Coroutine[Any, Any, Any]) -> Any:
    """Its result, on the event loop that the API runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
