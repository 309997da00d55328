"""The daemons that the API meets in the tests: MariaDB and Redis with TLS, and Secrets Manager."""

import contextlib
import hashlib
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from certificates import ADDRESS, Certificates

MASTER_PASSWORD = "master /+%@:word"
APP_PASSWORD = "app /+%@:?#word"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


def eventually(condition: Callable[[], Any], *, within: float = 60.0) -> Any:
    """The condition's first true value; fails loudly after `within` seconds, which may be many."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {within} s: {condition}"
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((ADDRESS, port)) == 0


class Daemon:
    """A process of the tests' own, ended by its pid."""

    def __init__(self, command: list[str], log: Path, **environment: str) -> None:
        self._command, self.log = command, log
        self._environment = {"PATH": os.environ["PATH"], **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=self._environment
            )

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        if number == signal.SIGSTOP:
            # A thread that runs on for a moment may still answer.
            threads = Path(f"/proc/{self.process.pid}/task")
            eventually(
                lambda: all("\nState:\tT" in _status(thread) for thread in threads.iterdir())
            )

    def wait(self, seconds: float = 60) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)


class Redis(Daemon):
    """redis-server with TLS only and one ACL user, `app`."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        self.port = free_port()
        self.url = f"rediss://app:{quote(APP_PASSWORD)}@{ADDRESS}:{self.port}/0"
        users = folder / "users.acl"
        password = APP_PASSWORD.encode()
        digest = hashlib.sha256(password).hexdigest()
        # As the cache's user in AWS, and one who may all, for the tests' own questions.
        users.write_text(
            f"user default off\nuser app on #{digest} ~* &* +@all -@dangerous\n"
            f"user tests on #{digest} ~* &* +@all\n"
        )
        self._trust = certificates.authority
        options = {
            "port": "0",
            "tls-port": str(self.port),
            "bind": ADDRESS,
            "tls-cert-file": str(certificates.certificate),
            "tls-key-file": str(certificates.key),
            "tls-ca-cert-file": str(certificates.authority),
            "tls-auth-clients": "no",
            "aclfile": str(users),
            "save": "",
            "dir": str(folder),
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        super().__init__([_binary("redis-server"), *words], folder / "redis.log")

    def start(self) -> None:
        super().start()
        eventually(lambda: answers(self.port))

    def command(self, *words: str) -> str:
        """The reply of a command, as redis-cli prints it into a pipe."""
        client = [_binary("redis-cli"), "--tls", "--cacert", str(self._trust), "-h", ADDRESS]
        client += ["-p", str(self.port), "--user", "tests", "--no-auth-warning"]
        environment = {"PATH": os.environ["PATH"], "REDISCLI_AUTH": APP_PASSWORD}
        done = subprocess.run(
            [*client, *words], check=True, capture_output=True, text=True, env=environment
        )
        return done.stdout.strip()


class MariaDb(Daemon):
    """mariadbd that refuses connections without TLS, with an RDS-like master user."""

    def __init__(self, folder: Path, certificates: Certificates, *more: str) -> None:
        self.port = free_port()
        self._socket = folder / "s"
        data = folder / "data"
        # Its own: a server that starts removes the temporary tables it finds, of others too.
        plain = ["--no-defaults", f"--datadir={data}", f"--tmpdir={data}", "--user=root"]
        install = [
            _binary("mariadb-install-db"),
            *plain,
            "--auth-root-authentication-method=socket",
        ]
        subprocess.run(install, check=True, capture_output=True)
        options = [
            f"--bind-address={ADDRESS}",
            f"--port={self.port}",
            f"--socket={self._socket}",
            f"--pid-file={folder / 'pid'}",
            f"--ssl-cert={certificates.certificate}",
            f"--ssl-key={certificates.key}",
            "--require-secure-transport=ON",
            "--skip-name-resolve",
            "--skip-log-bin",
            "--innodb-buffer-pool-size=32M",
            "--performance-schema=OFF",
        ]
        command = [_binary("mariadbd"), *plain, *options, *more]
        super().__init__(command, folder / "mariadb.log")
        # As root, whom the server knows by the socket.
        client = ["--no-defaults", "-N", "-B", f"--socket={self._socket}"]
        self._client = [_binary("mariadb"), *client]

    def start(self) -> None:
        super().start()
        eventually(lambda: answers(self.port))

    def make_master(self) -> None:
        self.sql(f"CREATE USER IF NOT EXISTS master@'%' IDENTIFIED BY '{MASTER_PASSWORD}'")
        self.sql("GRANT ALL ON *.* TO master@'%' WITH GRANT OPTION")

    def sql(self, statement: str) -> list[list[str]]:
        """Rows of a statement run as root, by the socket."""
        done = subprocess.run(
            self._client, input=statement, check=True, capture_output=True, text=True, timeout=60
        )
        return [line.split("\t") for line in done.stdout.splitlines()]

    def url(self, database: str, user: str = "app", password: str = APP_PASSWORD) -> str:
        login = f"{user}:{quote(password)}"
        return (
            f"mysql://{login}@{ADDRESS}:{self.port}/{database}?connection_limit=20&pool_timeout=60"
        )

    @contextlib.contextmanager
    def locked(self, table: str, how: str = "WRITE") -> Iterator[Callable[[], None]]:
        """Nobody else reads or writes the table, until the block ends or calls what it got.

        A `READ` lock lets others read.
        """
        command = [
            _binary("mariadb"),
            "--no-defaults",
            "-N",
            "-B",
            "-n",
            f"--socket={self._socket}",
        ]
        client = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert client.stdin
        assert client.stdout
        client.stdin.write(f"LOCK TABLES {table} {how}; SELECT 'locked';\n")
        assert client.stdout.readline() == "locked\n"

        def unlock() -> None:
            client.communicate("UNLOCK TABLES;\n", timeout=60)

        try:
            yield unlock
        finally:
            if client.poll() is None:
                unlock()


class Listener:
    """An HTTP server of these answers, on a loopback port until it is stopped."""

    def __init__(self, answers: type[http.server.BaseHTTPRequestHandler]) -> None:
        self._server = http.server.ThreadingHTTPServer((ADDRESS, 0), answers)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class SecretsManager(Listener):
    """Pod Identity's agent and Secrets Manager on one loopback port; keeps what it was asked."""

    def __init__(self, secret: str) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200
        outer = self

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(
                    {"AccessKeyId": "AKID", "SecretAccessKey": "secret/key", "Token": "token"}
                )

            def do_POST(self) -> None:
                self._answer({"Name": "rds!cluster", "SecretString": secret})

            def _answer(self, value: dict[str, str]) -> None:
                size = int(self.headers.get("content-length", 0))
                headers = {name.lower(): text for name, text in self.headers.items()}
                outer.requests.append(
                    (f"{self.command} {self.path}", headers, self.rfile.read(size))
                )
                body = json.dumps(value).encode()
                self.send_response(outer.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
                """Nothing: the test output is for the tests."""

        super().__init__(Answers)
        self.url = f"http://{ADDRESS}:{self.port}"


def _status(thread: Path) -> str:
    return (thread / "status").read_text(encoding="utf-8")


def quote(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _binary(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is missing: apt-get install mariadb-server redis-server"
    return found
