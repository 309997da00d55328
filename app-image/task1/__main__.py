"""`python -m task1`: serve until SIGTERM, then drain."""

import asyncio
import gc
import os
import signal
import socket
import sys

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from task1.app import App
from task1.config import BAD_CONFIGURATION, Config, InvalidEnvironmentError, read_config
from task1.log import Writer, log, quiet_libraries
from task1.metrics import Metrics

IDLE_MS = 60_000
"""granian's header time-out ends idle connections too; longer than the load balancer's 50 s."""
MOST_CONNECTIONS = 2048
"""Open at once, 14 KiB each when idle. granian's backpressure counts them, not requests: with fewer
than the load balancer keeps open, its next one waits, and so does the health check."""
HEAD_BYTES = 32 * 1024
"""CloudFront sends no longer head; hyper takes up to twice as much, for it reads in steps."""
COLLECTED_OBJECTS = 50_000
"""More new ones than went make the collector look, which takes a miss 1 % of its CPU at 10,000. A
flood of requests that are refused, whose faults it alone frees, then takes 4 MiB more."""
STOP_SECONDS = 1.0
"""For the server to close its sockets once nothing is in flight."""


async def serve(config: Config, metrics: Metrics) -> int:
    """Serve in this process, and give its exit code: 0, or 1 when requests had to be cut off."""
    app = App(config, metrics)
    server = Server(
        app,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        backpressure=MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=IDLE_MS, max_buffer_size=HEAD_BYTES),
        log_level=LogLevels.error,
    )
    # What is there by now stays: the collector need not look at it again and again.
    gc.freeze()
    gc.set_threshold(COLLECTED_OBJECTS)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.draining.set)
    serving = asyncio.create_task(server.serve())
    draining = asyncio.create_task(app.draining.wait())
    await asyncio.wait({serving, draining}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        draining.cancel()
        log("server-ended", error=repr(serving.exception()))
        return 1
    log("draining", in_flight=app.in_flight)
    drained = await app.drained(config.drain_seconds - STOP_SECONDS / 2)
    server.stop()
    await asyncio.wait({serving}, timeout=STOP_SECONDS if drained else STOP_SECONDS / 2)
    if not drained:
        log("cut-off", in_flight=app.in_flight)
    return 0 if drained else 1


def check_address(host: str, port: int) -> None:
    """Raises `OSError` when the address is not ours or is in use: granian would share the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections that a former process closed do not count as use.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def main() -> int:
    """The process: its configuration, its event loop, its exit code."""
    try:
        config = read_config(os.environ)
    except InvalidEnvironmentError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    try:
        check_address(config.host, config.port)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {config.host} port {config.port}: {error.strerror}\n")
        return 1
    quiet_libraries()
    metrics = Metrics()
    with Writer(metrics.dropped_lines.inc):
        return uvloop.run(serve(config, metrics))


if __name__ == "__main__":
    sys.exit(main())
