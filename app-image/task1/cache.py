"""Answers kept in Redis for 300 s, compressed, in a hash that every write empties."""

import asyncio
import time
from typing import NamedTuple

from task1.compression import compressed
from task1.database import PoolExhaustedError, SlowQueryError, UnavailableError
from task1.gate import HASH_MS, Gate, Passed, key_of
from task1.http import encode
from task1.metrics import Metrics
from task1.near import Near
from task1.redis import Redis, RedisAwayError, Script
from task1.routes import Load, Wanted

TTL_MS = 300_000
"""The scaling guide's five minutes; then one request makes the answer anew."""
LOOK_SECONDS, LOOKS = 0.05, 20
"""How often, and how many times, one who waits for another's answer looks for it."""
CHANNEL = b"events"

FILL = Script("""
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
local due = 'x:' .. ARGV[2]
if redis.call('HEXISTS', KEYS[1], due) == 0 then return 0 end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3], due, string.format('%.0f', now + ARGV[4]))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
""")
"""Keeps a body only under the version it was read for: a slow reader cannot undo a write. Whoever
got no turn at the gate, since the namespace is full, has no field to fill."""

GIVE_UP = Script("""
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'x:' .. ARGV[2])
""")
"""Ends a turn that came to nothing, so that the next request takes it."""

BUMP = Script("""
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local version = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'v') or '0') + 1)
redis.call('UNLINK', KEYS[1])
redis.call('HSET', KEYS[1], 'v', string.format('%.0f', version))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return 1
""")
"""Forgets every body and tells who listens; two writes in a millisecond get two versions."""


class _Load(NamedTuple):
    """What loads must have in common to be one."""

    field: str
    version: bytes
    writes: int
    fresh: bool
    """Else one who must see a write would be given what a late reader tells another."""


class Cache:
    """The bodies of one namespace. Every method works, slower, while Redis is away."""

    def __init__(self, namespace: str, redis: Redis, gate: Gate, metrics: Metrics) -> None:
        self._key = key_of("c", namespace.encode())
        self._redis = redis
        self._gate = gate
        self._near = Near()
        self._answers = {
            result: metrics.cache_answers.labels(result)
            for result in ("hit", "stale", "miss", "bypass")
        }
        self._loading: dict[_Load, list[asyncio.Future[bytes | None]]] = {}
        """Bodies that are being made, and who waits for each."""
        self._writes = 0
        self._written_at = float("-inf")
        self._bump_owed = False

    async def enter(self, client: bytes | None, field: str, lag_ms: int) -> Passed:
        """The gate's answer for a field of this namespace."""
        # A bump that failed comes first, else Redis would serve what the write made old.
        if self._bump_owed and not await self._pay_bump():
            return self._gate.alone(client)
        return await self._enter(client, field, lag_ms)

    async def get(
        self, wanted: Wanted, passed: Passed, lag_ms: int, *, fresh: bool = False
    ) -> tuple[bytes, bool]:
        """The compressed body and whether it was kept; all who miss one version share one load.

        `fresh` asks for rows that know this client's own writes.
        """
        if passed.body is not None and not passed.makes:
            self._answers["hit"].inc()
            return passed.body, True
        fresh = fresh or (time.monotonic() - self._written_at) * 1000 < lag_ms
        load = self._load_of(wanted, passed, fresh=fresh)
        if load not in self._loading and not passed.makes:
            passed = await self._of_another(wanted.field, passed, lag_ms)
            if passed.body is not None:
                self._answers["hit"].inc()
                return passed.body, True
            load = self._load_of(wanted, passed, fresh=fresh)
        try:
            body = await self._made(load, wanted, passed)
        except (UnavailableError, SlowQueryError):
            if passed.body is None:
                raise
            # Old, and better than none.
            self._answers["stale"].inc()
            return passed.body, True
        self._answers["miss" if passed.version else "bypass"].inc()
        return body, False

    async def forget(self, event: object = None) -> None:
        """Called after each write: no later `get` gives a body that was kept before it.

        Two ways are left to an old body. A reader further behind than the lag that is known gives
        old rows, and they are kept for `TTL_MS` or until the next write. And when Redis is away
        from this process only, others serve what is kept until a later call here reaches Redis.
        `event` is told to those who listen to `GET /api/events`.
        """
        self._writes += 1
        self._written_at = time.monotonic()
        self._bump_owed = True
        await self._pay_bump(b"" if event is None else encode(event))

    def _load_of(self, wanted: Wanted, passed: Passed, *, fresh: bool) -> _Load:
        return _Load(wanted.field, passed.version, self._writes, fresh or bool(passed.fresh))

    async def _of_another(self, field: str, passed: Passed, lag_ms: int) -> Passed:
        """Wait until another process has made the body, or for so long that it never will."""
        for _ in range(LOOKS):
            await asyncio.sleep(LOOK_SECONDS)
            seen = await self._enter(None, field, lag_ms)
            if seen.body is not None or seen.makes or seen.version != passed.version:
                return seen
        return passed

    async def _enter(self, client: bytes | None, field: str, lag_ms: int) -> Passed:
        mark, body = self._near.get(field)
        passed = await self._gate.enter(client, self._key, field, lag_ms, mark)
        if passed.same:
            passed.body = body
        elif passed.body is not None and passed.mark:
            self._near.keep(field, passed.mark, passed.body)
        return passed

    async def _made(self, load: _Load, wanted: Wanted, passed: Passed) -> bytes:
        """The body; who asks while it is being made waits for that one.

        Made by who asked first: a task for it takes a miss 3 % more CPU. A client that leaves ends
        nothing, since the server lets its request go on. If it were cancelled all the same, the
        next one who waits would make it.
        """
        waiting = self._loading.get(load)
        if waiting is not None:
            turn: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
            waiting.append(turn)
            shared = await turn
            return await self._made(load, wanted, passed) if shared is None else shared
        waiting = self._loading[load] = []
        told: bytes | Exception | None = None
        try:
            body = told = await self._make(wanted, passed, fresh=load.fresh)
        except Exception as fault:
            told = fault
            raise
        finally:
            del self._loading[load]
            for turn in waiting:
                if turn.done():
                    continue
                if isinstance(told, Exception):
                    turn.set_exception(told)
                else:
                    turn.set_result(told)
        return body

    async def _make(self, wanted: Wanted, passed: Passed, *, fresh: bool) -> bytes:
        try:
            body, sound = await self._load(wanted.load, fresh=fresh)
        except BaseException:
            await self._run(GIVE_UP, passed.version, wanted.field.encode())
            raise
        kept = compressed(body)
        if sound:
            await self._keep(passed.version, wanted.field, kept)
        else:
            await self._run(GIVE_UP, passed.version, wanted.field.encode())
        return kept

    async def _load(self, load: Load, *, fresh: bool) -> tuple[bytes, bool]:
        """The body, and whether it is as fresh as it must be to be kept."""
        try:
            return await load(fresh), True
        except PoolExhaustedError:
            raise
        except UnavailableError:
            if not fresh:
                raise
            # While the writer is away a reader's rows are the best there are; they may lack the
            # latest write, so nobody gets them a second time.
            return await load(not fresh), False

    async def _keep(self, version: bytes, field: str, body: bytes) -> None:
        numbers = (b"%d" % TTL_MS, b"%d" % HASH_MS)
        await self._run(FILL, version, field.encode(), body, *numbers)

    async def _run(self, script: Script, version: bytes, *arguments: bytes) -> None:
        if not version:
            return
        try:
            await self._redis.run(script, (self._key,), version, *arguments)
        except RedisAwayError:
            # The body is as good without having been kept.
            return

    async def _pay_bump(self, event: bytes = b"") -> bool:
        owed_for = self._writes
        try:
            await self._redis.run(BUMP, (self._key,), b"%d" % HASH_MS, CHANNEL, event)
        except RedisAwayError:
            return False
        if owed_for == self._writes:
            self._bump_owed = False
        return True
