"""The API as a process, started as the image starts it, and a client for it."""

import http.client
import itertools
import json
import sys
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from daemons import (
    ADDRESS,
    MASTER_PASSWORD,
    Certificates,
    Daemon,
    MariaDb,
    answers,
    eventually,
    free_port,
)
from packages import APP_IMAGE, packages
from task1.config import parse_jwt_keys
from task1.migrate import migrate
from task1.revisions import read_migrations
from task1.secret import Login
from task1.tokens import Tokens
from task1.urls import database_url

CHANGED = """
import sys
exec(sys.argv[1])
from task1.__main__ import main
sys.exit(main())
"""
"""The API after a change to it, which is the first argument."""
PATIENT = "import task1.redis; task1.redis.COMMAND_SECONDS = 30"
"""Redis may answer late: on a busy machine a late reply makes a hit a miss."""
UNLIMITED = "import task1.gate; task1.gate.LIMIT = 1_000_000; task1.gate._LIMIT = b'1000000'"
"""Clients and users may ask as often as tests do."""
RELEASE = "sha256:" + "5e" * 32
JWT_KEYS = "k1:" + "key of the tests " * 3
RELEASE_KEY = "blue-key-of-a-release"
AUTHOR, OTHER = 1, 2
"""Users that every migrated database here holds."""
_clients = itertools.count(1)
MASTER = Login(username="master", password=MASTER_PASSWORD)


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def titles(self) -> list[str]:
        return [post["title"] for post in self.json["posts"]]


class Api(Daemon):
    """`python -m task1` with the environment of a pod."""

    def __init__(
        self, folder: Path, certificates: Certificates, *, change: str = "", **variables: str
    ) -> None:
        self.port = free_port()
        environment = {
            "PYTHONPATH": f"{packages()}:{APP_IMAGE}",
            "SSL_CERT_FILE": str(certificates.authority),
            "HOST": ADDRESS,
            "PORT": str(self.port),
            "RELEASE_DIGEST": RELEASE,
            "DRAIN_SECONDS": "10",
            "JWT_KEYS": JWT_KEYS,
            "RELEASE_KEYS": RELEASE_KEY,
            "TRUSTED_HOPS": "1",
            **variables,
        }
        log = folder / f"api-{self.port}.log"
        how = ["-c", CHANGED, change] if change else ["-m", "task1"]
        super().__init__([sys.executable, *how], log, **environment)

    def start(self) -> None:
        super().start()
        eventually(lambda: answers(self.port) or self.process.poll() is not None)

    def start_ready(self) -> None:
        self.start()
        eventually(lambda: self.get("/health").status == 200)

    def get(self, path: str, *, user: int | None = None, client: str | None = None) -> Reply:
        return self.ask("GET", path, user=user, client=client)

    def post(
        self, title: str, content: str = "text", *, user: int = AUTHOR, status: str = "published"
    ) -> Reply:
        body = {"title": title, "content": content, "status": status}
        return self.ask("POST", "/api/posts", json.dumps(body), user=user)

    def ask(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        user: int | None = None,
        client: str | None = None,
    ) -> Reply:
        """One request; from an address of its own, unless `client` says from which."""
        sent = {"X-Forwarded-For": client or a_client(), **(headers or {})}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        if user is not None:
            sent.setdefault("Authorization", f"Bearer {token(user)}")
        return self.raw(method, path, body, sent)

    def raw(
        self, method: str, path: str, body: str | bytes | None, headers: dict[str, str]
    ) -> Reply:
        """One request with these headers and no others."""
        connection = http.client.HTTPConnection(ADDRESS, self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, names, response.read())
        finally:
            connection.close()

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]


def token(user: int) -> str:
    """An access token of that user."""
    return Tokens(parse_jwt_keys(JWT_KEYS)).sign("access", user)


def a_client() -> str:
    """An address that no request came from before."""
    return str(IPv4Address("198.18.0.0") + next(_clients))


def migrated(mariadb: MariaDb, name: str, certificates: Certificates) -> str:
    """A database of that name with the schema and the app's user; gives the app's URL."""
    url = database_url(mariadb.url(name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificates.authority))
        migrate(url, MASTER, read_migrations(), None)
    mariadb.sql(
        f"INSERT INTO {name}.users (id, email, name, passwordHash, createdAt) VALUES"
        f" ({AUTHOR}, 'ada@example.com', 'Ada', '', UTC_TIMESTAMP(3)),"
        f" ({OTHER}, 'bob@example.com', 'Bob', '', UTC_TIMESTAMP(3))"
    )
    return mariadb.url(name)
