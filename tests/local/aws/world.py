"""A small network and its friends inside moto, made through the table's rows when asked for."""

from typing import Any

from stackyard.local.aws.backend import AwsBackend
from stackyard.local.wire import JsonObject
from tests.local.aws import parents, parents_platform

PARENTS = {**parents.PARENTS, **parents_platform.PARENTS}


class World:
    """Objects by short name; `made` holds the type, id, inputs and outputs of each, in order."""

    def __init__(self, backend: AwsBackend) -> None:
        self.backend = backend
        self.made: dict[str, tuple[str, str, JsonObject, JsonObject]] = {}
        self.count = 0

    def make(self, name: str, type_: str, /, **inputs: Any) -> JsonObject:
        """Check and create an object; its outputs with `id`."""
        token = f"aws:{type_}"
        self.count += 1
        seed = f"{name}/{self.count}".encode()
        checked, failures = self.backend.check(token, name, {}, inputs, seed)
        assert not failures, failures
        id_, outputs = self.backend.create(token, name, checked, timeout=0)
        self.made[name] = (token, id_, checked, {**outputs, "id": id_})
        return self.made[name][3]

    def end(self, name: str, /, **changed: Any) -> None:
        """Delete an object made here."""
        token, id_, inputs, _ = self.made[name]
        self.backend.delete(token, id_, {**inputs, **changed}, timeout=0)
        del self.made[name]

    def end_all(self) -> None:
        """Delete everything, youngest first."""
        for name in reversed(list(self.made)):
            self.end(name)

    def get(self, name: str) -> JsonObject:
        """The object of that name, made with its parents if need be."""
        if name not in self.made:
            PARENTS[name](self)
        return self.made[name][3]

    def id(self, name: str) -> str:
        """The id of the object of that name."""
        return self.get(name)["id"]

    def subnets(self) -> list[str]:
        """Two subnets in two zones."""
        return [self.id("subnet_a"), self.id("subnet_b")]
