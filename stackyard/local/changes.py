"""When the embedded AWS has changed: a cheap counter is polled, and only then is it described."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

from stackyard.errors import StackyardError
from stackyard.local.layout import Layout
from stackyard.local.secrets import Secrets

POLL_SECONDS = 0.5
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)
"""Waits after the first, second … failure in a row; the last one repeats."""

PASSING_FAULTS = (
    StackyardError,
    BotoCoreError,
    ClientError,
    aiohttp.ClientError,
    LookupError,
    OSError,
    TimeoutError,
)
"""What a reconciler meets while other parts start, end or change; it tries again."""

_log = logging.getLogger(__name__)


class ChangeCounter:
    """Reads how many mutating calls the embedded AWS has taken."""

    def __init__(self, layout: Layout, secrets: Secrets) -> None:
        self._url = f"{layout.aws_endpoint}/_stackyard/changes"
        self._headers = {"X-Stackyard-Token": secrets.internal_token}
        self._session: aiohttp.ClientSession | None = None

    async def read(self) -> int:
        """The counter now. Raises `aiohttp.ClientError` when the embedded AWS does not answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        async with self._session.get(self._url, headers=self._headers) as answer:
            answer.raise_for_status()
            return int((await answer.json())["changes"])

    async def close(self) -> None:
        """Give the connection back."""
        if self._session is not None:
            await self._session.close()
            self._session = None


async def after_each_change(
    counter: ChangeCounter,
    reconcile: Callable[[], Awaitable[None]],
    *,
    name: str,
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Call `reconcile` at once and after each change, for ever; what fails is tried again."""
    seen: int | None = None
    failures = 0
    try:
        while True:
            try:
                now = await counter.read()
                if now != seen:
                    await reconcile()
                    # A change during the call shows as a newer count at the next look.
                    seen = now
                failures = 0
            except PASSING_FAULTS as fault:
                log_fault(name, fault, first=failures == 0)
                failures += 1
            await asyncio.sleep(retry_after(failures) if failures else poll_seconds)
    finally:
        await counter.close()


def retry_after(failures: int) -> float:
    """Seconds to wait after that many failures in a row."""
    return RETRY_SECONDS[min(failures, len(RETRY_SECONDS)) - 1]


def log_fault(name: str, fault: BaseException, *, first: bool) -> None:
    """One line at the first failure in a row; the repeats only for who reads debug lines."""
    level = logging.WARNING if first else logging.DEBUG
    _log.log(level, "%s: %s: %s", name, type(fault).__name__, fault)
