"""What a client is told of its limit, and the stricter limit of sign-in."""

from task1.gate import LIMIT, WINDOW_SECONDS, Counters, Passed, key_of
from task1.http import Answer, Header, RefusedError, encode
from task1.metrics import Metrics
from task1.redis import Redis, RedisAwayError, Script

TOO_MANY = encode({"success": False, "error": "Too many requests, please try again later."})
"""The scaling guide's words."""
ATTEMPTS = 5
"""Attempts to sign in of one address, and for one account, in a window."""

ATTEMPT = Script("""
local most = 0
for _, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, ARGV[1]) end
  most = math.max(most, count)
end
return most
""")
"""Counts under every key; the highest count."""

_POLICY: Header = (b"ratelimit-policy", b"%d;w=%d" % (LIMIT, WINDOW_SECONDS))
_LIMIT: Header = (b"ratelimit-limit", b"%d" % LIMIT)
_REMAINING: tuple[Header, ...] = tuple(
    (b"ratelimit-remaining", b"%d" % remaining) for remaining in range(LIMIT + 1)
)


def limit_headers(passed: Passed) -> tuple[Header, ...]:
    """The standard headers (IETF draft ratelimit-headers 6, as express-rate-limit sends them)."""
    remaining = _REMAINING[max(0, LIMIT - passed.count)]
    return (_POLICY, _LIMIT, remaining, (b"ratelimit-reset", b"%d" % passed.reset_seconds))


def too_many(seconds: int) -> Answer:
    """The answer to one request too many."""
    return Answer(429, TOO_MANY, ((b"retry-after", b"%d" % seconds),))


class SignInLimit:
    """Counts attempts by address and by account; closed, not open, while nobody can count."""

    def __init__(self, redis: Redis, metrics: Metrics) -> None:
        self._redis = redis
        self._metrics = metrics
        self._here = Counters(most=ATTEMPTS, seconds=WINDOW_SECONDS)

    async def attempt(self, client: bytes, account: str) -> None:
        """Count one. Raises `TooManyError`, or `RefusedError` 503 while Redis is away.

        `ATTEMPTS` in this process pass without Redis, so that its restart locks nobody out.
        """
        keys = (key_of("in", b"a:" + client), key_of("in", b"u:" + account.encode()))
        try:
            count = await self._redis.run(ATTEMPT, keys, b"%d" % (WINDOW_SECONDS * 1000))
        except RedisAwayError:
            self._metrics.redis_errors.inc()
            if max(self._here.add(key)[0] for key in keys) > ATTEMPTS:
                message = "sign-in is closed while attempts cannot be counted; try again"
                raise RefusedError(503, message, ((b"retry-after", b"5"),)) from None
            return
        if not isinstance(count, int) or count > ATTEMPTS:
            self._metrics.limited.labels("sign-in").inc()
            raise TooManyError(WINDOW_SECONDS)


class TooManyError(RefusedError):
    """One attempt too many."""

    def __init__(self, seconds: int) -> None:
        super().__init__(429, "too many")
        self.answer = too_many(seconds)
