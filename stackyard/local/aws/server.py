"""The embedded AWS as a process: `python -m stackyard.local.aws.server --root R --slot N`."""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from types import FrameType

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from stackyard.errors import StackyardError
from stackyard.local.aws.addresses import give_addresses
from stackyard.local.aws.application import EmbeddedAws, Keys
from stackyard.local.aws.journal import Journal
from stackyard.local.aws.repairs import repair_moto
from stackyard.local.layout import MOTO_PORT, Layout
from stackyard.local.secrets import read_secrets

WsgiApplication = Callable[..., Iterable[bytes]]

JOURNAL = "moto.journal"
_LOG = logging.getLogger(__name__)


class QuietHandler(WSGIRequestHandler):
    """Serves without a line a request; connections stay open between a client's calls."""

    protocol_version = "HTTP/1.1"
    # Small answers go out at once; else each waits for the peer's delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: pollers call several times a second."""


def journal_path(layout: Layout) -> Path:
    """Where a slot's journal lies."""
    return layout.data / JOURNAL


def make_application(layout: Layout, keys: Keys) -> EmbeddedAws:
    """Set moto up with repairs, addresses and its state from the journal."""
    repair_moto()
    give_addresses(layout)
    application = EmbeddedAws(Journal(journal_path(layout)), keys)
    started = time.monotonic()
    calls = application.replay()
    _LOG.info("replayed %d calls in %.2f s", calls, time.monotonic() - started)
    return application


def make_listener(application: WsgiApplication, host: str, port: int) -> BaseWSGIServer:
    """A server on a loopback address. Raises `ValueError` for any other."""
    if not ip_address(host).is_loopback:
        raise ValueError(f"{host} is no loopback address; the embedded AWS serves on 127.x only")
    return make_server(host, port, application, threaded=True, request_handler=QuietHandler)


def serve(layout: Layout) -> None:
    """Serve a slot until SIGTERM. Raises `StackyardError` when it cannot start."""
    secrets = read_secrets(layout)
    keys = Keys(access_key_id=secrets.access_key_id, internal_token=secrets.internal_token)
    application = make_application(layout, keys)
    try:
        listener = make_listener(application, layout.control, MOTO_PORT)
    except (OSError, SystemExit) as error:
        raise StackyardError(
            f"{layout.control}:{MOTO_PORT} can't be served; is another stack of slot"
            f" {layout.slot} running? run: make down"
        ) from error

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        listener.serve_forever()
    except KeyboardInterrupt:
        _LOG.info("stopped")
    finally:
        listener.server_close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="stackyard.local.aws.server", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the project's folder")
    parser.add_argument("--slot", type=int, required=True, help="the stack's slot")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        serve(Layout(root=given.root.absolute(), slot=given.slot))
    except StackyardError as error:
        sys.stderr.write(f"embedded AWS: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
