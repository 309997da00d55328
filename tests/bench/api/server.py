"""One server in half a core, with a Redis of its own, from its start to its end."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StackyardError
from tests.bench.api.app_image import ADDRESS, Certificates, Redis, free_port
from tests.bench.api.half_core import Group
from tests.bench.api.outcome import Mode
from tests.bench.api.pages import Client
from tests.bench.api.peers import command, environment
from tests.bench.api.pod import Pod

READY_SECONDS, LOOK_SECONDS = 30, 0.05
END_SECONDS = 20
LOG_CHARACTERS = 2_000


class ServerError(StackyardError):
    """A server does not start, or ends before it should."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What all servers find."""

    group: Group
    folder: Path
    """For logs and the like; cleared by whoever made it."""
    node: Path
    pod: Pod
    certificates: Certificates
    database: str
    """URL of the database with the posts in it."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """One that answers."""

    group: Group
    port: int

    @property
    def url(self) -> str:
        """Without a path."""
        return f"http://{ADDRESS}:{self.port}"

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A connection for the block."""
        client = Client(ADDRESS, self.port)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def serving(place: Place, peer: str, mode: Mode, name: str) -> Iterator[Server]:
    """Start it without a quota, and wait until it answers; `name` tells its folder from others.

    Raises `ServerError` with the end of its log.
    """
    folder = place.folder / name
    folder.mkdir()
    redis = Redis(folder, place.certificates)
    redis.start()
    try:
        server = Server(group=place.group, port=free_port())
        words = command(peer, mode, place.node, place.pod)
        told = environment(
            peer,
            mode,
            place.pod,
            port=server.port,
            database=place.database,
            redis=redis.url,
            authority=place.certificates.authority,
        )
        place.group.limit(limited=False)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                place.group.command(words), cwd=folder, env=told, stdout=log, stderr=log
            )
        try:
            _wait(server, process, folder / "log", peer)
            yield server
        finally:
            _end(process, place.group)
    finally:
        redis.kill()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path, peer: str) -> None:
    def healthy() -> bool:
        try:
            with server.client() as client:
                return bool(client.text("/health"))
        except (OSError, StackyardError):
            return False

    deadline = time.monotonic() + READY_SECONDS
    while not healthy():
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace")[-LOG_CHARACTERS:]
            code = process.poll()
            state = f"not ready after {READY_SECONDS} s" if code is None else f"ended, code {code}"
            raise ServerError(f"{peer}: {state}; it says:\n{said}")
        time.sleep(LOOK_SECONDS)


def _end(process: subprocess.Popen[bytes], group: Group) -> None:
    group.limit(limited=False)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
