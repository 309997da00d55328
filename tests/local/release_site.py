"""A release address on loopback: serves what a test says, whole or cut off."""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CUT = "cut:"
"""A path's content after this mark is promised to be longer than what is sent."""


@contextmanager
def release_site(files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a server that has exactly these files (path without the first slash)."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's name
            content = files.get(self.path.removeprefix("/"))
            if content is None:
                self.send_error(404)
                return
            cut = content.startswith(CUT.encode())
            sent = content.removeprefix(CUT.encode())
            self.send_response(200)
            self.send_header("Content-Length", str(len(sent) + (1000 if cut else 0)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
