"""Answers kept in Redis for 300 s, in one hash that every write empties and gives a new version."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec

from task1.database import PoolExhaustedError, UnavailableError
from task1.redis import Redis, RedisAwayError, Script

TTL_MS = 300_000
LAG_MS = 2_000
"""For so long after a write the rows come from the writer: a reader may still lag behind it."""
KEY = b"cache:{posts}"
FIELDS = 2_000
"""Answers kept at most; bounds the memory that odd requests can take."""

GATE = Script("""
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'v', ARGV[1], 'x:' .. ARGV[1])
local version, body = found[1] or '0', found[2]
if body and tonumber(found[3] or '0') <= now then body = false end
return {version, body, now - tonumber(version) < tonumber(ARGV[2]) and 1 or 0}
""")
"""Version, body if there is one, and whether the namespace was written a moment ago."""

FILL = Script("""
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[5]) then return 0 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('HSET', KEYS[1], 'x:' .. ARGV[2], string.format('%.0f', now + ARGV[4]))
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[4])
return 1
""")
"""Keeps a body only under the version it was read for: a slow reader cannot undo a write."""

BUMP = Script("""
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local version = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'v') or '0') + 1)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', string.format('%.0f', version))
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[1])
return 1
""")
"""Forgets every body; two writes in one millisecond still get two versions."""

Load = Callable[[bool], Awaitable[bytes]]
"""Makes the body; told whether the rows must be fresh."""


class _Gate(msgspec.Struct, frozen=True):
    version: bytes
    body: bytes | None
    fresh: bool


class Cache:
    """Bodies by field. Every method works, slower, while Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._loading: dict[tuple[str, bytes, int], asyncio.Task[bytes]] = {}
        self._writes = 0
        self._written_at = float("-inf")
        self._bump_owed = False

    async def get(self, field: str, load: Load) -> tuple[bytes, bool]:
        """The body and whether it was kept; all who miss the same version share one load."""
        gate = await self._gate(field)
        if gate.body is not None:
            return gate.body, True
        key = (field, gate.version, self._writes)
        task = self._loading.get(key)
        if task is None:
            task = asyncio.create_task(self._load(field, gate, load))
            self._loading[key] = task
            task.add_done_callback(lambda done: self._loaded(key, done))
        # Shielded: a client that leaves must not take the body from those who wait with it.
        return await asyncio.shield(task), False

    async def forget(self) -> None:
        """Called after each write: no later `get` gives a body that was kept before it.

        Two ways are left to an old body. A reader more than `LAG_MS` behind gives old rows, and
        they are kept for `TTL_MS` or until the next write. And when Redis is away from this
        process only, others serve what is kept until a later call here reaches Redis.
        """
        self._writes += 1
        self._written_at = time.monotonic()
        self._bump_owed = True
        await self._pay_bump()

    async def _gate(self, field: str) -> _Gate:
        wrote = (time.monotonic() - self._written_at) * 1000 < LAG_MS
        without_redis = _Gate(version=b"", body=None, fresh=wrote)
        # A bump that failed comes first, else Redis would serve what the write made old.
        if self._bump_owed and not await self._pay_bump():
            return without_redis
        try:
            reply = await self._redis.run(GATE, KEY, field.encode(), str(LAG_MS).encode())
        except RedisAwayError:
            return without_redis
        match reply:
            case [bytes(version), bytes() | None as body, int(recent)]:
                return _Gate(version=version, body=body, fresh=bool(recent) or wrote)
            case _:
                return without_redis

    async def _load(self, field: str, gate: _Gate, load: Load) -> bytes:
        try:
            body = await load(gate.fresh)
        except PoolExhaustedError:
            raise
        except UnavailableError:
            if not gate.fresh:
                raise
            # While the writer is away a reader's rows are the best there are; they may lack the
            # latest write, so nobody gets them a second time.
            return await load(not gate.fresh)
        if gate.version:
            numbers = (str(TTL_MS).encode(), str(FIELDS).encode())
            try:
                await self._redis.run(FILL, KEY, gate.version, field.encode(), body, *numbers)
            except RedisAwayError:
                # The body is as good without having been kept.
                return body
        return body

    def _loaded(self, key: tuple[str, bytes, int], task: asyncio.Task[bytes]) -> None:
        del self._loading[key]
        # Read, so that asyncio does not report an error whose every waiter has left.
        if not task.cancelled():
            task.exception()

    async def _pay_bump(self) -> bool:
        owed_for = self._writes
        try:
            await self._redis.run(BUMP, KEY, str(TTL_MS).encode())
        except RedisAwayError:
            return False
        if owed_for == self._writes:
            self._bump_owed = False
        return True
