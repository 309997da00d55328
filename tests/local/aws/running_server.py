"""The embedded AWS as a process of its own on a free slot."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.layout import Layout
from stackyard.local.secrets import make_secrets
from tests.local.slots import free_slot

ROOT = Path(__file__).parents[3]
START_SECONDS = 60


class Server:
    """One slot; its process may be started and ended again and again."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.secrets = make_secrets(layout)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "stackyard.local.aws.server"),
                *("--root", str(self.layout.root), "--slot", str(self.layout.slot)),
            ],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the embedded AWS ended at its start"
            try:
                self.changes()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(f"no answer from {self.layout.aws_endpoint} in {START_SECONDS} s")

    def stop(self) -> int:
        """End the process as the supervisor does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout=20)
        self._process = None
        return code

    def kill(self) -> None:
        """End the process as a crash does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=20)
        self._process = None

    def close(self) -> None:
        """End what still runs."""
        if self._process is not None:
            self.kill()

    def backend(self) -> AwsBackend:
        """A provider over the process, without Kubernetes."""
        return AwsBackend.of(self.layout, self.secrets, on_cluster_deleted=lambda _name: None)

    def client(self, service: str, *, key: str | None = None, region: str = "us-east-1") -> Any:
        """A boto3 client as a user of the stack has it, or with another key."""
        session: Any = boto3.Session(
            aws_access_key_id=key or self.secrets.access_key_id,
            aws_secret_access_key=self.secrets.secret_access_key,
        )
        return session.client(service, region_name=region, endpoint_url=self.layout.aws_endpoint)

    def changes(self) -> int:
        """The counter that reconcilers poll."""
        return int(self.internal("GET", "changes").removeprefix('{"changes": ').removesuffix("}"))

    def internal(self, method: str, route: str, body: str = "", token: str | None = None) -> str:
        """An internal route's answer. Raises `HTTPError`."""
        request = Request(
            f"{self.layout.aws_endpoint}/_stackyard/{route}",
            method=method,
            data=body.encode() or None,
            headers={"X-Stackyard-Token": token or self.secrets.internal_token},
        )
        with urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def status(self, method: str, route: str, body: str = "", token: str | None = None) -> int:
        """An internal route's status code."""
        try:
            self.internal(method, route, body, token)
        except HTTPError as error:
            return error.code
        return 200


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A started server, ended with the block."""
    with free_slot(folder) as layout:
        server = Server(layout)
        server.start()
        try:
            yield server
        finally:
            server.close()
