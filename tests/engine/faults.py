"""A backend that writes down what it is asked, and fails where a test says so."""

import re
import threading
from collections import Counter
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
    _planned: dict[tuple[str, str, int], str] = field(default_factory=dict)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(
        self, verb: str, pattern: str = "", *, nth: int = 1, message: str = "injected"
    ) -> None:
        """Make the `nth` call of that verb whose `token name` matches `pattern` fail, once."""
        self._planned[verb, pattern, nth] = message

    def verbs(self, pattern: str = "") -> list[str]:
        """The verbs asked for what matches, in order."""
        return [o.verb for o in self.log if re.search(pattern, f"{o.token} {o.name}")]

    def enter(self, verb: str, token: str, name: str) -> None:
        """Note a call; raise if it is one that shall fail."""
        with self._lock:
            self.log.append(Operation(verb=verb, token=token, name=name))
            matching = {p for _, p, _ in self._planned if re.search(p, f"{token} {name}")}
            for pattern in matching:
                self._seen[verb, pattern] += 1
                message = self._planned.get((verb, pattern, self._seen[verb, pattern]))
                if message:
                    raise StackyardError(message)


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
        self._faults.enter("create", token, name)
        return self._backend.create(token, name, inputs, timeout=timeout)

    def read(self, token: str, id_: str, inputs: JsonObject) -> tuple[JsonObject, JsonObject]:
        return self._backend.read(token, id_, inputs)

    def update(
        self, token: str, id_: str, olds: JsonObject, news: JsonObject, *, timeout: float
    ) -> JsonObject:
        self._faults.enter("update", token, id_)
        return self._backend.update(token, id_, olds, news, timeout=timeout)

    def delete(self, token: str, id_: str, inputs: JsonObject, *, timeout: float) -> None:
        self._faults.enter("delete", token, id_)
        self._backend.delete(token, id_, inputs, timeout=timeout)

    def invoke(self, token: str, args: JsonObject) -> JsonObject:
        return self._backend.invoke(token, args)
