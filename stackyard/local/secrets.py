"""Every password, token and key id of one slot's embedded cloud, made once and kept in one file."""

from __future__ import annotations

import json
import os
import secrets as random_source
import string
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.layout import Layout
from stackyard.local.wire import JsonObject

FILE = "secrets.json"
_KEY_ID_LETTERS = string.ascii_uppercase + string.digits


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What a client of the embedded cloud must know; nothing of it shows in `repr`."""

    access_key_id: str = field(repr=False)
    """AWS access key id; no other is served."""
    secret_access_key: str = field(repr=False)
    """AWS secret access key."""
    kube_token: str = field(repr=False)
    """Bearer token of a Kubernetes user in `system:masters`."""
    replication_password: str = field(repr=False)
    """Password of the MariaDB replication user."""
    redis_admin_password: str = field(repr=False)
    """Password of the Redis user that the reconciler acts as."""
    passphrase: str = field(repr=False)
    """Encrypts the secrets in the local stack's Pulumi state."""
    internal_token: str = field(repr=False)
    """Opens the internal routes of the embedded AWS."""


def make_secrets(layout: Layout) -> Secrets:
    """Read the slot's secrets, making what is missing; the same values at every later call."""
    path = layout.secrets / FILE
    have: dict[str, str] = _stored(path) if path.exists() else {}
    made = {item.name: have.get(item.name) or _random(item.name) for item in fields(Secrets)}
    if made != have:
        write_private(path, json.dumps(made, indent=1) + "\n")
    return Secrets(**made)


def read_secrets(layout: Layout) -> Secrets:
    """Read the slot's secrets. Raises `StackyardError` when the slot was never started."""
    path = layout.secrets / FILE
    if not path.exists():
        raise StackyardError(f"{path} is not there: slot {layout.slot} is down; run: make up")
    have = _stored(path)
    missing = [item.name for item in fields(Secrets) if not have.get(item.name)]
    if missing:
        raise StackyardError(f"{path} lacks {', '.join(missing)}; run: make up")
    return Secrets(**{item.name: have[item.name] for item in fields(Secrets)})


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner may read (0600, folder 0700), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with atomic_file(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def atomic_file(path: Path) -> Generator[Path, None, None]:
    """An empty 0600 file beside `path` that takes its place when the block ends well."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _stored(path: Path) -> dict[str, str]:
    try:
        stored = JsonObject(json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise StackyardError(f"{path} is no JSON object; run: make down, then make up") from error
    return {name: str(value) for name, value in stored.items()}


def _random(name: str) -> str:
    if name == "access_key_id":
        # Twenty characters as AWS has, but no prefix of AWS's: no scanner takes it for a leak.
        return "LOCAL" + "".join(random_source.choice(_KEY_ID_LETTERS) for _ in range(15))
    return random_source.token_hex(20)
