"""Properties on the wire: protobuf structs to plain JSON and back, unknowns, secrets, assets."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from google.protobuf import struct_pb2

from stackyard.local.wire import JsonObject

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends in previews in place of a value that only the update will know."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which the engine marks an object as a secret, an asset, an archive."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the wire's mark, not a secret
ASSETS = ("c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7")
"""Marks of an asset and of an archive: both carry the `hash` of their content."""


def from_struct(struct: struct_pb2.Struct) -> JsonObject:
    """Plain JSON: whole numbers as int (the wire has floats only), secrets unwrapped."""
    return {key: _from_value(value) for key, value in struct.fields.items()}


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "bool_value":
            return value.bool_value
        case "struct_value":
            plain = from_struct(value.struct_value)
            return plain["value"] if plain.get(SIGNATURE) == SECRET else plain
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case _:
            return None


def to_struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """A struct of plain JSON; a property that is None is left out, as the SDKs do."""
    struct = struct_pb2.Struct()
    for key, value in properties.items():
        if value is not None:
            _set_value(struct.fields[key], value)
    return struct


def _set_value(target: struct_pb2.Value, value: Any) -> None:
    match value:
        case None:
            target.null_value = struct_pb2.NULL_VALUE
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case str():
            target.string_value = value
        case _ if is_object(value):
            target.struct_value.SetInParent()
            for key, item in value.items():
                _set_value(target.struct_value.fields[key], item)
        case _ if is_list(value):
            target.list_value.SetInParent()
            for item in value:
                _set_value(target.list_value.values.add(), item)
        case _:
            raise TypeError(f"{type(value).__name__} cannot cross the wire; give plain JSON")


def is_object(value: Any) -> TypeGuard[JsonObject]:
    """Whether `value` is a JSON object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether `value` is a JSON array."""
    return isinstance(value, (list, tuple))


def secret(value: Any) -> JsonObject:
    """`value` marked as a secret: the engine encrypts it in the state."""
    return {SIGNATURE: SECRET, "value": value}


def has_unknown(value: Any) -> bool:
    """Whether anything inside `value` is only known after the update."""
    if is_object(value):
        return any(has_unknown(item) for item in value.values())
    if is_list(value):
        return any(has_unknown(item) for item in value)
    return value == UNKNOWN
