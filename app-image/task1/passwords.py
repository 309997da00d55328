"""Passwords as argon2id hashes, made and checked outside the event loop, one after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from task1.http import RefusedError

MEMORY_KIB, ROUNDS, LANES = 19_456, 2, 1
"""OWASP's least for argon2id (Password Storage Cheat Sheet): 29 ms and 19 MiB here; the library's
own choice takes 152 ms and 64 MiB, three turns of a pod with half a core."""
WAITING = 20
"""So many wait for their turn; the rest is told to come again rather than to wait for seconds."""

Made = TypeVar("Made")


class Passwords:
    """One thread, so that a flood of sign-ins takes at most one core's worth of turns."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The hash to keep. Raises `RefusedError` 503."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one of the kept hash; takes as long when there is none.

        Else the time would tell who has an account. Raises `RefusedError` 503.
        """
        if kept is None:
            if not self._nobody:
                self._nobody = await self.hash("nobody's")
            await self._run(lambda: self._verify(self._nobody, password))
            return False
        return await self._run(lambda: self._verify(kept, password))

    def close(self) -> None:
        """End the thread; whoever waits is not served."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Made]) -> Made:
        if self._waiting >= WAITING:
            message = "too many sign in at once; try again"
            raise RefusedError(503, message, ((b"retry-after", b"2"),))
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1
