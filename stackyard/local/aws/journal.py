"""The journal: every call that changed the cloud, in order, to be made again at the next start."""

import base64
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.wire import JsonObject

DEFAULT_ENVIRON: JsonObject = {
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One call: its number and the request as the server got it."""

    number: int
    at: datetime
    environ: dict[str, str]
    body: bytes

    def request(self) -> JsonObject:
        """The request as a WSGI application takes it."""
        return {
            **DEFAULT_ENVIRON,
            **self.environ,
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "CONTENT_LENGTH": str(len(self.body)),
        }


class Journal:
    """A file of one JSON line a call; readable by its owner only, since calls carry secrets."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._entries, whole = _read(path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        # A kill in the middle of a write leaves half a line: that call was never answered.
        os.ftruncate(descriptor, whole)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self._file.seek(whole)
        self.number = self._entries[-1].number if self._entries else 0
        """Number of the last call."""

    def entries(self) -> Iterator[Entry]:
        """What was there at the start, in order, given once."""
        entries, self._entries = self._entries, []
        yield from entries

    def add(self, environ: JsonObject, body: bytes, at: datetime) -> int:
        """Write a call before it is made. Returns its number."""
        self.number += 1
        kept = {k: v for k, v in environ.items() if isinstance(v, str)}
        text = base64.b64encode(body).decode()
        line = {"n": self.number, "at": at.isoformat(), "env": kept, "body": text}
        self._file.write(json.dumps(line).encode() + b"\n")
        return self.number

    def empty(self) -> None:
        """Forget all calls; numbers go on, so that no id comes twice in one process."""
        self._file.truncate(0)
        self._file.seek(0)

    def close(self) -> None:
        """Give the file back."""
        self._file.close()


def _read(path: Path) -> tuple[list[Entry], int]:
    """The whole entries of a file and where they end."""
    if not path.exists():
        return [], 0
    entries: list[Entry] = []
    end = 0
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        if not line.endswith(b"\n"):
            break
        try:
            row = json.loads(line)
            body = base64.b64decode(row["body"])
            at = datetime.fromisoformat(row["at"])
            entries.append(Entry(number=row["n"], at=at, environ=row["env"], body=body))
        except (ValueError, KeyError) as error:
            raise StackyardError(
                f"{path}: line {number} is no call; run: make down, then make up"
            ) from error
        end += len(line)
    return entries, end
