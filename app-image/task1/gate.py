"""One round trip to Redis before every request: may it pass, and is its answer kept."""

import time

import msgspec

from task1.metrics import Metrics
from task1.redis import Redis, RedisAwayError, Script

LIMIT, WINDOW_SECONDS = 100, 15 * 60
"""Requests of one client in a window; the scaling guide's numbers."""
LOCK_MS = 3_000
"""One caller makes what is not kept; the others wait no longer than this before they do it too."""
FIELDS = 4_000
"""Fields of a namespace at most, two an answer; bounds the memory that odd requests can take."""
HASH_MS = 600_000
"""Life of a namespace that nobody fills; its answers may be served late for as long."""
TAG = b"{task1}"
"""In every key, so that one script's keys share a slot of a cluster."""
NOT_COUNTED = b"0"

GATE = Script("""
local count, left = 0, 0
if ARGV[1] ~= '0' then
  count = redis.call('INCR', KEYS[1])
  left = redis.call('PTTL', KEYS[1])
  if left < 0 then
    left = tonumber(ARGV[2])
    redis.call('PEXPIRE', KEYS[1], left)
  end
  if count > tonumber(ARGV[1]) then return {count, left} end
end
if ARGV[3] == '' then return {count, left} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local due = 'x:' .. ARGV[3]
local found = redis.call('HMGET', KEYS[2], 'v', ARGV[3], due)
local version = found[1] or '0'
local fresh = now - tonumber(version) < tonumber(ARGV[4]) and 1 or 0
local makes = 0
if tonumber(found[3] or '0') <= now then
  makes = 1
  if redis.call('HLEN', KEYS[2]) < tonumber(ARGV[6]) then
    redis.call('HSET', KEYS[2], due, string.format('%.0f', now + ARGV[5]))
    redis.call('PEXPIRE', KEYS[2], ARGV[7])
  end
end
return {count, left, version, found[2], fresh, makes}
""")
"""Counts the request; over the limit it says no more. Then the namespace's version, the kept body,
whether the namespace was written a moment ago, and whether this caller is the one to make the body
anew. `x:<field>` is when that is due: a kept body's age, or the end of somebody's turn.

A counter that has lost its expiry, by a failover, gets one again: else its client is shut out.
"""


class Passed(msgspec.Struct, frozen=True):
    """What the gate found."""

    count: int
    """Requests of the client in this window, this one too; 0 if it was not counted."""
    reset_seconds: int
    version: bytes = b""
    """Of the namespace; empty when nothing can be kept."""
    body: bytes | None = None
    fresh: bool = False
    """Whether the namespace was written so lately that a reader may not know it."""
    makes: bool = True
    """Whether this caller makes the body; else somebody does already."""

    @property
    def over(self) -> bool:
        """Whether the client has used up its requests."""
        return self.count > LIMIT


class Gate:
    """Asks Redis; while it is away, counts in this process for its share of the limit."""

    def __init__(self, redis: Redis, metrics: Metrics, *, pods: int) -> None:
        self._redis = redis
        self._metrics = metrics
        self._here = Counters(most=max(1, LIMIT // pods), seconds=WINDOW_SECONDS)

    async def enter(
        self, client: bytes | None, namespace: str = "", field: str = "", lag_ms: int = 0
    ) -> Passed:
        """What is known of the client, none for one who is not counted, and of the field."""
        try:
            reply = await self._redis.run(
                GATE,
                (_COUNTER + (client or b""), key_of("c", namespace.encode())),
                _LIMIT if client else NOT_COUNTED,
                _WINDOW_MS,
                field.encode(),
                b"%d" % lag_ms,
                *_BOUNDS,
            )
        except RedisAwayError:
            self._metrics.redis_errors.inc()
            return self.alone(client)
        match reply:
            case [int(count), int(left)]:
                return Passed(count, -(-left // 1000))
            case [int(count), int(left), bytes(version), bytes() | None as body, fresh, makes]:
                return Passed(count, -(-left // 1000), version, body, fresh == 1, makes == 1)
            case _:
                return self.alone(client)

    def alone(self, client: bytes | None) -> Passed:
        """As `enter` while Redis must not, or cannot, be asked."""
        if client is None:
            return Passed(0, 0)
        count, reset = self._here.add(client)
        # A share of the limit here is all of it: told as if the whole had been counted.
        return Passed(count if count <= self._here.most else LIMIT + 1, reset)


class Counters:
    """Requests by client in this process, in windows that begin with the first one."""

    KEPT = 50_000
    """Clients kept; beyond it, those whose windows began first are forgotten."""

    def __init__(self, *, most: int, seconds: int) -> None:
        self.most = most
        self._seconds = seconds
        self._windows: dict[bytes, tuple[int, float]] = {}

    def add(self, client: bytes) -> tuple[int, int]:
        """How many there are in the window with this one, and the seconds to its end."""
        now = time.monotonic()
        count, end = self._windows.get(client, (0, 0.0))
        if end <= now:
            self._windows.pop(client, None)
            count, end = 0, now + self._seconds
            if len(self._windows) >= self.KEPT:
                del self._windows[next(iter(self._windows))]
        self._windows[client] = (count + 1, end)
        return count + 1, int(end - now) + 1


def key_of(kind: str, name: bytes) -> bytes:
    """A key of ours."""
    return b"%b%b:%b" % (TAG, kind.encode(), name)


_COUNTER = key_of("rl", b"")
_LIMIT = str(LIMIT).encode()
_WINDOW_MS = str(WINDOW_SECONDS * 1000).encode()
_BOUNDS = (str(LOCK_MS).encode(), str(FIELDS).encode(), str(HASH_MS).encode())
