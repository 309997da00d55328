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

GATE = Script(
    f"local window, turn, fields, life = {WINDOW_SECONDS * 1000}, {LOCK_MS}, {FIELDS}, {HASH_MS}"
    """
local count, left = 0, 0
if ARGV[1] ~= '0' then
  count = redis.call('INCR', KEYS[1])
  left = redis.call('PTTL', KEYS[1])
  if left < 0 then
    left = window
    redis.call('PEXPIRE', KEYS[1], left)
  end
  if count > tonumber(ARGV[1]) then return {count, left} end
end
if ARGV[2] == '' then return {count, left} end
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local due = 'x:' .. ARGV[2]
local found = redis.call('HMGET', KEYS[2], 'v', due)
local version, ends = found[1] or '0', found[2] or ''
local fresh = now - tonumber(version) < tonumber(ARGV[3]) and 1 or 0
if (tonumber(ends) or 0) > now then
  local mark = version .. ':' .. ends
  if ARGV[4] == mark then return {count, left, version, fresh, 0, mark, false, 1} end
  return {count, left, version, fresh, 0, mark, redis.call('HGET', KEYS[2], ARGV[2])}
end
local body = redis.call('HGET', KEYS[2], ARGV[2])
if redis.call('HLEN', KEYS[2]) < fields then
  redis.call('HSET', KEYS[2], due, string.format('%.0f', now + turn))
  redis.call('PEXPIRE', KEYS[2], life)
end
return {count, left, version, fresh, 1, '', body}
"""
)
"""Counts the request; over the limit it says no more. Then the namespace's version, whether the
namespace was written a moment ago, whether this caller is the one to make the body anew, and the
kept body under a mark, but not the body that the caller says it has: it costs TLS 7 us (measured).
`x:<field>` is when that is due: a kept body's age, or the end of somebody's turn. It is another
each time, so that it and the version mark one body.

A counter that has lost its expiry, by a failover, gets one again: else its client is shut out.
"""


class Passed(msgspec.Struct, array_like=True):
    """What the gate found, as the script says it."""

    count: int
    """Requests of the client in this window, this one too; 0 if it was not counted."""
    reset_ms: int
    version: bytes = b""
    """Of the namespace; empty when nothing can be kept."""
    fresh: int = 0
    """1 when the namespace was written so lately that a reader may not know it."""
    makes: int = 1
    """1 when this caller makes the body; else somebody does already."""
    mark: bytes = b""
    """Names the body."""
    body: bytes | None = None
    same: int = 0
    """1 when the body is the one that the caller has under the mark."""

    @property
    def over(self) -> bool:
        """Whether the client has used up its requests."""
        return self.count > LIMIT

    @property
    def reset_seconds(self) -> int:
        """Until the window ends, rounded up."""
        return -(-self.reset_ms // 1000)


class Gate:
    """Asks Redis; while it is away, counts in this process for its share of the limit."""

    def __init__(self, redis: Redis, metrics: Metrics, *, pods: int) -> None:
        self._redis = redis
        self._metrics = metrics
        self._here = Counters(most=max(1, LIMIT // pods), seconds=WINDOW_SECONDS)

    async def enter(
        self,
        client: bytes | None,
        key: bytes = b"",
        field: str = "",
        lag_ms: int = 0,
        mark: bytes = b"",
    ) -> Passed:
        """What is known of the client, none for one who is not counted, and of the field.

        `key` is the namespace's, `mark` that of the body which the caller has.
        """
        try:
            reply = await self._redis.run(
                GATE,
                (_COUNTER + client, key) if client else (_COUNTER, key),
                _LIMIT if client else NOT_COUNTED,
                field.encode(),
                b"%d" % lag_ms,
                mark,
            )
            return msgspec.convert(reply, Passed)
        except (RedisAwayError, msgspec.ValidationError):
            self._metrics.redis_errors.inc()
            return self.alone(client)

    def alone(self, client: bytes | None) -> Passed:
        """As `enter` while Redis must not, or cannot, be asked."""
        if client is None:
            return Passed(0, 0)
        count, reset = self._here.add(client)
        # A share of the limit here is all of it: told as if the whole had been counted.
        return Passed(count if count <= self._here.most else LIMIT + 1, 1000 * reset)


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
