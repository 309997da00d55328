"""Whether the cloud holds anything but what every fresh one holds."""

from collections.abc import Iterable, MutableMapping
from typing import Any, cast

from stackyard.local.aws.store import BUCKET
from stackyard.local.wire import JsonObject

GONE = {"deleted", "deleting", "terminated", "PendingDeletion"}
"""States of what moto still lists and AWS no longer serves."""

IGNORED = {
    "cloudwatch": {"metric_data"},
    "ec2": {"tags", "launch_template_insert_order"},
    "rds": {"events", "resource_map"},
    "route53": {"delegation_sets"},
}
"""What is no resource, by service: measurements, events, moto's own notes."""

DEFAULT_GROUP = "default."
"""How the names of parameter groups begin that come with their first use."""

MANAGED_KEY = "Default key"
"""How moto describes the keys that AWS manages; they come with their first use and stay."""


class Emptiness:
    """Knows what each backend held when it was made."""

    def __init__(self) -> None:
        self._fresh: list[tuple[Any, dict[str, int]]] = []

    def observe(self, backend: Any) -> None:
        """Remember a backend just made."""
        self._fresh.append((backend, {k: _count(v) for k, v in _collections(backend)}))

    def holds(self) -> bool:
        """Whether nothing is left but what fresh backends hold and what AWS keeps for recovery."""
        return not any(self.left())

    def left(self) -> Iterable[str]:
        """Where something is left, as `ec2.vpcs`."""
        for backend, fresh in self._fresh:
            for name, items in _collections(backend):
                before = fresh.get(name, 0)
                if _count(items) > before and _live(items) > before:
                    yield f"{_service(backend)}.{name}"


def _service(backend: Any) -> str:
    return type(backend).__module__.split(".")[1]


def _collections(backend: Any) -> Iterable[tuple[str, Any]]:
    ignored = IGNORED.get(_service(backend), set[str]())
    for name, value in cast("JsonObject", vars(backend)).items():
        if isinstance(value, MutableMapping | list) and name not in ignored:
            yield name, value


def _values(items: Any) -> list[Any]:
    known = cast("MutableMapping[str, Any]", items)
    return list(known.values() if isinstance(items, MutableMapping) else items)


def _count(items: Any) -> int:
    """Entries, those of nested maps (security groups by VPC) one by one."""
    return sum(_count(x) if isinstance(x, MutableMapping | list) else 1 for x in _values(items))


def _live(items: Any) -> int:
    values = _values(items)
    return sum(
        _live(x) if isinstance(x, MutableMapping | list) else int(not _gone(x)) for x in values
    )


def _gone(item: Any) -> bool:
    for name in ("state", "status", "key_state"):
        if getattr(item, name, None) in GONE:
            return True
    if getattr(item, "deleted_date", None) or getattr(item, "description", "") == MANAGED_KEY:
        return True
    name = str(getattr(item, "name", ""))
    if name.startswith(DEFAULT_GROUP):
        return True
    return name == BUCKET and not list(getattr(item, "keys", ()))
