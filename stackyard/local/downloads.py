"""A file from a release address: bounded waits, checksum verified."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from stackyard.errors import StackyardError

CONNECT_SECONDS, READ_SECONDS = 5, 60
_TIMEOUT = aiohttp.ClientTimeout(
    total=None, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
)
_CHUNK = 1024 * 1024
_TEXT_LIMIT = 1024 * 1024


class UnreachableError(StackyardError):
    """The address does not answer, or has no such file."""


class DamagedDownloadError(StackyardError):
    """What came is not what was published."""


def read_text(address: str) -> str:
    """A small text file. Raises `UnreachableError`."""
    return asyncio.run(_read_text(address))


def download(
    address: str, target: Path, *, sha256: str, on_progress: Callable[[str], None]
) -> None:
    """Write the file at `address` to `target`.

    Raises `UnreachableError`, or `DamagedDownloadError` where its SHA-256 is another: then what
    stands in `target` is not to be used.
    """
    digest = asyncio.run(_download(address, target, on_progress))
    if digest != sha256:
        raise DamagedDownloadError(
            f"{address} has SHA-256 {digest}, published is {sha256}: it was thrown away"
        )


async def _read_text(address: str) -> str:
    async with _opened(address) as answer:
        content = await answer.content.read(_TEXT_LIMIT)
    return content.decode(errors="replace")


async def _download(address: str, target: Path, on_progress: Callable[[str], None]) -> str:
    digest, size = hashlib.sha256(), 0
    async with _opened(address) as answer:
        whole = f" of {answer.content_length / 1e6:.0f}" if answer.content_length else ""
        with target.open("wb") as out:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                out.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                on_progress(f"downloads {size / 1e6:.0f}{whole} MB")
    return digest.hexdigest()


@asynccontextmanager
async def _opened(address: str) -> AsyncGenerator[aiohttp.ClientResponse, None]:
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session,
            session.get(address) as answer,
        ):
            if answer.status != 200:
                raise UnreachableError(f"{address} answers {answer.status}")
            if answer.url.scheme != address.partition(":")[0]:
                raise UnreachableError(f"{address} leads to {answer.url.scheme}")
            yield answer
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise UnreachableError(f"{address} does not answer ({reason})") from error
