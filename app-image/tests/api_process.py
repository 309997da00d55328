"""The API as a process, started as the image starts it, and a client for it."""

import asyncio
import http.client
import json
import sys
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
from task1.config import database_url
from task1.migrate import migrate
from task1.schema import read_migrations
from task1.secret import Login

PATIENT = """
import sys, task1.redis
task1.redis.COMMAND_SECONDS = 30
from task1.__main__ import main
sys.exit(main())
"""
"""The API, but that Redis may answer late: on a busy machine a late reply makes a hit a miss."""
RELEASE = "sha256:" + "5e" * 32
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
        self, folder: Path, certificates: Certificates, *, patient: bool = False, **variables: str
    ) -> None:
        self.port = free_port()
        environment = {
            "PYTHONPATH": f"{packages()}:{APP_IMAGE}",
            "SSL_CERT_FILE": str(certificates.authority),
            "HOST": ADDRESS,
            "PORT": str(self.port),
            "RELEASE_DIGEST": RELEASE,
            "DRAIN_SECONDS": "10",
            **variables,
        }
        log = folder / f"api-{self.port}.log"
        how = ["-c", PATIENT] if patient else ["-m", "task1"]
        super().__init__([sys.executable, *how], log, **environment)

    def start(self) -> None:
        super().start()
        eventually(lambda: answers(self.port) or self.process.poll() is not None)

    def start_ready(self) -> None:
        self.start()
        eventually(lambda: self.get("/health").status == 200)

    def get(self, path: str) -> Reply:
        return self.ask("GET", path)

    def post(self, title: str, content: str = "text") -> Reply:
        return self.ask("POST", "/api/posts", json.dumps({"title": title, "content": content}))

    def ask(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        connection = http.client.HTTPConnection(ADDRESS, self.port, timeout=60)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, names, response.read())
        finally:
            connection.close()

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]


def migrated(mariadb: MariaDb, name: str, certificates: Certificates) -> str:
    """A database of that name with the schema and the app's user; gives the app's URL."""
    url = database_url(mariadb.url(name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificates.authority))
        asyncio.run(migrate(url, MASTER, read_migrations(), None))
    return mariadb.url(name)
