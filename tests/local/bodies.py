"""What the tests of bodies share: a slot with its secrets, the embedded AWS, MySQL clients."""

import asyncio
import contextlib
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

from stackyard.local.aws.connection import Connection
from stackyard.local.certificates import make_authority
from stackyard.local.embedded_aws import embedded_aws
from stackyard.local.layout import MOTO_PORT, Layout
from stackyard.local.mariadb import system_user
from stackyard.local.processes import Process, environment_of
from stackyard.local.reconcilers import Reconciler
from stackyard.local.secrets import Secrets, make_secrets
from tests.local.slots import free_slot


@contextlib.contextmanager
def own_slot(root: Path) -> Iterator[tuple[Layout, Secrets]]:
    """A free slot with its certificate authority and its secrets."""
    with free_slot(root) as layout:
        make_authority(layout)
        yield layout, make_secrets(layout)


def trust(layout: Layout) -> ssl.SSLContext:
    """A client that verifies against the slot's certificate authority."""
    return ssl.create_default_context(cafile=str(layout.certificate_authority))


def query(
    layout: Layout, address: str, sql: str, *, user: str, password: str, tls: bool = True
) -> subprocess.CompletedProcess[str]:
    """One statement over TCP as an app would send it; stdout holds the rows."""
    security = (
        [f"--ssl-ca={layout.certificate_authority}", "--ssl-verify-server-cert"]
        if tls
        else ["--skip-ssl"]
    )
    return subprocess.run(
        [
            *("mariadb", "--no-defaults", "-h", address, "-P", "3306", "-u", user),
            *(f"--password={password}", "--connect-timeout=5", "-BN", *security, "-e", sql),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "USER": system_user()},
    )


async def port_answers(address: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


@contextlib.asynccontextmanager
async def running_aws(layout: Layout, secrets: Secrets) -> AsyncIterator[Connection]:
    """The embedded AWS as its own process, and a connection to it."""
    process = Process(
        name="embedded AWS",
        argv=[
            *(sys.executable, "-m", "stackyard.local.aws.server"),
            *("--root", layout.root, "--slot", str(layout.slot)),
        ],
        environment=environment_of(layout, {"PYTHONPATH": str(Path.cwd())}),
        log=layout.logs / "moto.log",
        ready=lambda: port_answers(layout.control, MOTO_PORT),
    )
    await process.start()
    try:
        await process.wait_ready(60)
        yield embedded_aws(layout, secrets)
    finally:
        await process.stop()


@contextlib.asynccontextmanager
async def reconciling(reconciler: Reconciler) -> AsyncIterator[None]:
    """A reconciler at work until the block ends, and with it its daemons."""
    task = asyncio.create_task(reconciler.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def until(true: Callable[[], Awaitable[bool]], *, what: str, seconds: float = 30.0) -> None:
    """Wait for what comes by itself. Raises `TimeoutError` that says what did not come."""
    try:
        async with asyncio.timeout(seconds):
            while not await true():  # noqa: ASYNC110  # it is another process that changes
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise TimeoutError(f"{what}: not within {seconds:g} s") from error
