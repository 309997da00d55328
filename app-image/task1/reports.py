"""Errors and one request in ten for Sentry, where a DSN is set; else nothing is even imported."""

import random
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from task1.config import Config
from task1.http import Request

TRACED = 0.1
"""Share of requests that are traced, as in the scaling guide."""
_UNTRACED: AbstractContextManager[Callable[[int], None]] = nullcontext(lambda _status: None)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "x-stackyard-slot"})


class Reports:
    """What Sentry is told. Its ASGI middleware is not used: it costs four times the application."""

    def __init__(self, config: Config) -> None:
        self._sentry: Any = None
        if config.sentry_dsn is None:
            return
        import sentry_sdk  # noqa: PLC0415  # 20 MiB that a process without a DSN does without

        sentry_sdk.init(
            dsn=config.sentry_dsn,
            environment=config.environment,
            release=config.release,
            traces_sample_rate=1.0,
            send_default_pii=False,
            # Among them is a body that was read, with the password that somebody signs in with.
            include_local_variables=False,
            # They would import, and patch, every framework that they find.
            default_integrations=False,
            auto_enabling_integrations=False,
            before_send=without_secrets,
            before_send_transaction=without_secrets,
        )
        self._sentry = sentry_sdk

    def trace(self, request: Request) -> AbstractContextManager[Callable[[int], None]]:
        """A transaction around one request of ten, continued from the caller's trace.

        What it gives is called with the answer's status.
        """
        # Decided before Sentry makes any object.
        if self._sentry is None or random.random() >= TRACED:  # noqa: S311  # a sample, no secret
            return _UNTRACED
        return self._traced(request)

    def error(self, cause: BaseException, request: Request) -> None:
        """Tell of an unknown fault."""
        if self._sentry is None:
            return
        with self._sentry.new_scope() as scope:
            scope.set_tag("request_id", request.id)
            scope.set_context("request", {"method": request.method, "path": request.path})
            self._sentry.capture_exception(cause)

    def close(self) -> None:
        """Send what is left, for two seconds at most."""
        if self._sentry is not None:
            self._sentry.flush(timeout=2.0)

    @contextmanager
    def _traced(self, request: Request) -> Generator[Callable[[int], None]]:
        headers = {
            name: value.decode("latin-1")
            for name in ("sentry-trace", "baggage", "traceparent")
            if (value := request.headers.get(name.encode()))
        }
        name = f"{request.method} {request.route}"
        with self._sentry.isolation_scope():
            transaction = self._sentry.continue_trace(headers, op="http.server", name=name)
            with self._sentry.start_transaction(transaction):
                yield transaction.set_http_status


def without_secrets(event: Any, _hint: Mapping[str, Any]) -> Any:
    """The event without headers that let somebody in."""
    headers = event.get("request", {}).get("headers", {})
    for name in [name for name in headers if name.lower() in _SECRET_HEADERS]:
        headers[name] = "[left out]"
    return event
