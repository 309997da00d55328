"""A backend that writes down what it is asked, and fails where a test says so."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from stackyard.errors import StackyardError
from stackyard.local.backend import Backend
from stackyard.local.wire import JsonObject


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One call that changed something, in the order of its start."""

    verb: str
    token: str
    name: str
    """The logical name of a create, the id of an update or delete."""


@dataclass
class Faults:
    """Shared by all providers of a rig."""

    log: list[Operation] = field(default_factory=list)
    done: list[Operation] = field(default_factory=list)
    """Those that the backend carried out, in the order of their end."""
    failed: list[Operation] = field(default_factory=list)
    """Those that were made to fail."""
    _tried: set[Operation] | None = None
    _planned: dict[tuple[str, str, int], str] = field(default_factory=dict)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(
        self, verb: str, pattern: str = "", *, nth: int = 1, message: str = "injected"
    ) -> None:
        """Make the `nth` call of that verb whose `token name` matches `pattern` fail, once."""
        self._planned[verb, pattern, nth] = message

    def fail_first_tries(self) -> None:
        """From here on, make every operation fail when it is tried for the first time."""
        self._tried = set()

    def pass_all(self) -> None:
        """End what `fail_first_tries` began."""
        self._tried = None

    def verbs(self, pattern: str = "") -> list[str]:
        """The verbs asked for what matches, in order."""
        return [o.verb for o in self.log if re.search(pattern, f"{o.token} {o.name}")]

    @contextmanager
    def operation(self, verb: str, token: str, name: str) -> Iterator[None]:
        """Note a call and how it ends; raise if it is one that shall fail."""
        operation = Operation(verb=verb, token=token, name=name)
        with self._lock:
            self.log.append(operation)
            message = self._planned_for(operation) or self._first_try_of(operation)
            if message:
                self.failed.append(operation)
                raise StackyardError(message)
        yield
        with self._lock:
            self.done.append(operation)

    def _planned_for(self, operation: Operation) -> str | None:
        verb, text = operation.verb, f"{operation.token} {operation.name}"
        for pattern in {p for _, p, _ in self._planned if re.search(p, text)}:
            self._seen[verb, pattern] += 1
            message = self._planned.get((verb, pattern, self._seen[verb, pattern]))
            if message:
                return message
        return None

    def _first_try_of(self, operation: Operation) -> str | None:
        if self._tried is None or operation in self._tried:
            return None
        self._tried.add(operation)
        return "injected at the first try"


class FaultyBackend:
    """A backend with `faults` in front of what changes things."""

    def __init__(self, backend: Backend, faults: Faults) -> None:
        self._backend, self._faults = backend, faults
        self.package, self.version = backend.package, backend.version

    def configured(self, args: JsonObject) -> "FaultyBackend":
        return FaultyBackend(self._backend.configured(args), self._faults)

    def deletes_first(self, token: str, olds: JsonObject, news: JsonObject) -> bool:
        ask = getattr(self._backend, "deletes_first", None)
        return bool(ask and ask(token, olds, news))

    def spoilt(self, token: str, olds: JsonObject, news: JsonObject) -> str | None:
        ask = getattr(self._backend, "spoilt", None)
        return ask(token, olds, news) if ask else None

    def cancel(self) -> None:
        getattr(self._backend, "cancel", lambda: None)()

    def check(
        self, token: str, name: str, olds: JsonObject, news: JsonObject, seed: bytes
    ) -> tuple[JsonObject, list[tuple[str, str]]]:
        return self._backend.check(token, name, olds, news, seed)

    def replaces(self, token: str, olds: JsonObject, news: JsonObject) -> set[str]:
        return self._backend.replaces(token, olds, news)

    def preview(self, token: str, olds: JsonObject | None, news: JsonObject) -> JsonObject:
        return self._backend.preview(token, olds, news)

    def create(
        self, token: str, name: str, inputs: JsonObject, *, timeout: float
    ) -> tuple[str, JsonObject]:
        with self._faults.operation("create", token, name):
            return self._backend.create(token, name, inputs, timeout=timeout)

    def read(self, token: str, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        return self._backend.read(token, id_, inputs)

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        with self._faults.operation("update", token, id_):
            return self._backend.update(token, id_, olds, news, timeout=timeout)

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        with self._faults.operation("delete", token, id_):
            self._backend.delete(token, id_, inputs, timeout=timeout)

    def invoke(self, token: str, args: JsonObject) -> JsonObject:
        return self._backend.invoke(token, args)
