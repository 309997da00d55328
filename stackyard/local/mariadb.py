"""MariaDB daemons: the cached template, their command line, and SQL over the root socket."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.certificates import KeyPair
from stackyard.local.database_plan import Accounts, Server
from stackyard.local.layout import MYSQL_PORT, Layout

REPLICATION_USER = "stackyard_replication"
BUFFER_POOL = "64M"
MAX_CONNECTIONS = 200
SQL_SECONDS = 20.0

MASTER_GRANTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER,"
    " SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE,"
    " BINLOG MONITOR, SLAVE MONITOR, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE,"
    " CREATE USER, EVENT, TRIGGER"
)
"""What Aurora gives its master user ("Master user account privileges"); no SUPER."""


def system_user() -> str:
    """Who runs this, and who is the database's root: over the socket, without a password."""
    return pwd.getpwuid(os.getuid()).pw_name


def make_template(layout: Layout) -> Path:
    """The empty data folder that every server starts as a copy of, made once for each version.

    It stands under `.local/cache`, beside the slots, and outlives them. Blocks for a second.
    """
    version = _run(["mariadbd", "--no-defaults", "--version"]).split()[2]
    template = layout.root / ".local" / "cache" / f"mariadb-{version}-{system_user()}"
    if template.exists():
        return template
    template.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=template.parent, prefix=f".{template.name}."))
    try:
        _run(
            [
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={made}",
                # In a shared folder a server that starts removes the temporary tables it finds.
                f"--tmpdir={made}",
                f"--user={system_user()}",
                "--skip-test-db",
                "--skip-name-resolve",
                "--auth-root-authentication-method=socket",
                f"--auth-root-socket-user={system_user()}",
                "--innodb-log-file-size=16M",
            ]
        )
        made.rename(template)
    except OSError:
        # Another slot may have been first: a full folder cannot be renamed onto a full one.
        if not template.exists():
            raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return template


def make_data_folder(layout: Layout, server: Server) -> Path:
    """The server's own data folder, a copy of the template where it is new. Blocks."""
    folder = data_root(layout) / server.folder
    if not folder.exists():
        template = make_template(layout)
        folder.parent.mkdir(parents=True, exist_ok=True)
        copy = folder.with_name(f".{folder.name}")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(template, copy)
        copy.chmod(0o700)
        copy.rename(folder)
    return folder


def data_root(layout: Layout) -> Path:
    """Where the data folders of all database servers stand."""
    return layout.data / "mariadb"


def socket_path(layout: Layout, server: Server) -> Path:
    """The server's Unix socket, the only way in for root; short, as sockets' paths must be."""
    return layout.run / f"db-{server.number}.sock"


def command(layout: Layout, server: Server, folder: Path, tls: KeyPair) -> list[str]:
    """The daemon's words: small, TLS, GTIDs, and nothing read from the machine's own settings."""
    words = [
        "mariadbd",
        "--no-defaults",
        f"--user={system_user()}",
        f"--datadir={folder}",
        f"--tmpdir={folder}",
        f"--bind-address={','.join(server.addresses)}",
        f"--port={MYSQL_PORT}",
        f"--socket={socket_path(layout, server)}",
        f"--pid-file={layout.run / f'db-{server.number}.pid'}",
        f"--ssl-ca={layout.certificate_authority}",
        f"--ssl-cert={tls.certificate}",
        f"--ssl-key={tls.key}",
        "--tls-version=TLSv1.2,TLSv1.3",
        f"--require-secure-transport={'ON' if server.require_tls else 'OFF'}",
        f"--server-id={server.number}",
        f"--report-host={server.addresses[0]}",
        "--log-bin=binlog",
        "--binlog-format=ROW",
        "--relay-log=relay",
        "--log-slave-updates=ON",
        "--gtid-strict-mode=ON",
        "--skip-name-resolve",
        "--character-set-server=utf8mb4",
        "--default-time-zone=+00:00",
        f"--max-connections={MAX_CONNECTIONS}",
        f"--innodb-buffer-pool-size={BUFFER_POOL}",
        "--innodb-log-file-size=16M",
        # A crash of the daemon loses nothing; a crash of the machine may lose a second.
        "--innodb-flush-log-at-trx-commit=2",
        "--sync-binlog=0",
        "--aria-pagecache-buffer-size=8M",
        "--key-buffer-size=1M",
        "--performance-schema=OFF",
    ]
    # A replica goes on copying by itself after a restart; a former one waits to be promoted.
    return [*words, "--skip-slave-start" if server.primary is None else "--read-only=ON"]


async def answers(path: Path) -> bool:
    """Whether a server greets on its socket; it does once it also listens on its addresses."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    try:
        greeting = await asyncio.wait_for(reader.read(5), 2)
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
    # Three bytes of length, one of sequence, then version 10 of the protocol.
    return len(greeting) == 5 and greeting[4] == 10


async def execute(path: Path, statements: str) -> str:
    """Run SQL as root over the socket; the rows as text. Raises `StackyardError` with its words."""
    client = await asyncio.create_subprocess_exec(
        "mariadb",
        "--no-defaults",
        f"--socket={path}",
        f"--user={system_user()}",
        "--batch",
        "--skip-column-names",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        rows, fault = await asyncio.wait_for(client.communicate(statements.encode()), SQL_SECONDS)
    except BaseException:
        if client.returncode is None:
            client.kill()
            await client.wait()
        raise
    if client.returncode != 0:
        raise StackyardError(f"MariaDB at {path} says: {fault.decode(errors='replace').strip()}")
    return rows.decode()


def primary_statements(accounts: Accounts, replication_password: str) -> str:
    """SQL that makes a server the primary with its database and users; the same when repeated."""
    master = f"{_text(accounts.master_user)}@'%'"
    replication = f"{_text(REPLICATION_USER)}@'%'"
    words = [
        "STOP SLAVE",
        "RESET SLAVE ALL",
        "SET GLOBAL read_only = OFF",
        *_user(replication, replication_password, require="SSL"),
        f"GRANT REPLICATION SLAVE ON *.* TO {replication}",
        *_user(master, accounts.master_password, require="NONE"),
        f"GRANT {MASTER_GRANTS} ON *.* TO {master} WITH GRANT OPTION",
    ]
    if accounts.database is not None:
        words.append(f"CREATE DATABASE IF NOT EXISTS {_name(accounts.database)}")
    return ";\n".join(words) + ";\n"


def replica_statements(layout: Layout, primary: str, replication_password: str) -> str:
    """SQL that makes a server follow the primary by GTID over verified TLS."""
    return (
        "STOP SLAVE;\n"
        f"CHANGE MASTER TO MASTER_HOST={_text(primary)}, MASTER_PORT={MYSQL_PORT},"
        f" MASTER_USER={_text(REPLICATION_USER)}, MASTER_PASSWORD={_text(replication_password)},"
        f" MASTER_SSL=1, MASTER_SSL_CA={_text(str(layout.certificate_authority))},"
        " MASTER_SSL_VERIFY_SERVER_CERT=1, MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1;\n"
        "START SLAVE;\n"
    )


def _user(account: str, password: str, *, require: str) -> list[str]:
    secret = f"IDENTIFIED BY {_text(password)} REQUIRE {require}"
    return [
        f"CREATE USER IF NOT EXISTS {account} {secret}",
        f"ALTER USER {account} {secret}",
    ]


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _name(value: str) -> str:
    return "`" + value.replace("`", "``") + "`"


def _run(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise StackyardError(f"{words[0]} ended with code {done.returncode}: {said}")
    return done.stdout
