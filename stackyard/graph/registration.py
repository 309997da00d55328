"""One registered resource, and the wire's values turned into plain ones."""

# Values of the wire may be anything.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false

from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format, struct_pb2

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  # the wire's sign for one
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the wire carries for a value that only an update will know."""


@dataclass(kw_only=True)
class Reg:
    """A registration as the engine would keep it."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    id: str
    opts: dict[str, Any]
    """protect, deletedWith, ignoreChanges, aliases, customTimeouts, hooks ...: what was given."""
    depends: set[str]
    """URNs it waits for, for whatever reason."""
    property_deps: dict[str, set[str]]
    """URNs behind the value of each input."""
    provider: str
    """URN of the provider that makes it."""
    secrets: set[str] = field(default_factory=set[str])
    """Inputs that hold a secret somewhere."""
    secret_outputs: set[str] = field(default_factory=set[str])
    """Outputs that the provider called secret."""


def is_custom(reg: Reg) -> bool:
    """Whether a provider makes it (components and providers are the engine's own)."""
    return reg.custom and not reg.type.startswith("pulumi:providers:")


def plain(struct: struct_pb2.Struct) -> tuple[dict[str, Any], set[str]]:
    """Properties without secret marks, and the names of those that held one."""
    marked = json_format.MessageToDict(struct)
    secrets = {name for name, value in marked.items() if _holds_secret(value)}
    return {name: _plain(value) for name, value in marked.items()}, secrets


def wire(properties: dict[str, Any], *, secrets: set[str]) -> struct_pb2.Struct:
    """Properties as the engine sends them, the named ones marked secret."""
    marked = {
        name: {SIGNATURE: SECRET, "value": value} if name in secrets else value
        for name, value in properties.items()
    }
    return json_format.ParseDict(marked, struct_pb2.Struct())


def holds_unknown(value: object) -> bool:
    """Whether something in it is known only after an update."""
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    if isinstance(value, list):
        return any(map(holds_unknown, value))
    return isinstance(value, str) and UNKNOWN in value


def _holds_secret(value: object) -> bool:
    if isinstance(value, dict):
        return value.get(SIGNATURE) == SECRET or any(map(_holds_secret, value.values()))
    return isinstance(value, list) and any(map(_holds_secret, value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return _plain(value["value"])
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
