"""What becomes of a resource's inputs before anything is made: names, defaults, refusals."""

import hashlib

from stackyard.local.aws import sdk
from stackyard.local.aws.names import whole
from stackyard.local.aws.spec import Spec
from stackyard.local.properties import UNKNOWN
from stackyard.local.wire import JsonObject

SUFFIX_LENGTH = 7
"""Hexadecimal digits that auto-naming adds, as pulumi-aws does."""
PREFIXED_LENGTH = 26

DEFAULTS = "__defaults"
"""Where pulumi-aws keeps the names of inputs that it, not the program, has set."""

Failures = list[tuple[str, str]]


def check(  # noqa: PLR0913, PLR0917  # the protocol's own arguments and the row
    token: str, spec: Spec | None, name: str, olds: JsonObject, news: JsonObject, seed: bytes
) -> tuple[JsonObject, Failures]:
    """The inputs with names and defaults filled in, and each refusal as (property, reason)."""
    declared = sdk.describe(token)
    failures: Failures = [
        (key, f"{token} has no input {key!r} in pulumi_aws; it has {_near(key, declared.inputs)}")
        for key in news
        if declared.inputs and key not in declared.inputs and not key.startswith("__")
    ]
    failures += [
        (key, f"Missing required argument. The argument {key!r} of {token} is required")
        for key in sorted(declared.required)
        if news.get(key) is None
    ]
    inputs: JsonObject = whole({k: v for k, v in news.items() if v is not None})
    if spec:
        fills = {k: v for k, v in spec.defaults.items() if k in declared.inputs}
        inputs = {**fills, **inputs}
    property_ = name_property(token, spec)
    if property_ and property_ not in inputs:
        given = physical_name(spec, property_, name, olds, inputs, seed)
        inputs[property_] = given
        inputs[DEFAULTS] = [property_]
        limit = spec.name_limit if spec else 255
        if len(given) > limit:
            reason = f"{given!r} has {len(given)} characters, AWS allows {limit}; shorten {name!r}"
            failures.append((property_, reason))
    return inputs, failures


def _near(key: str, known: frozenset[str]) -> str:
    same = sorted(name for name in known if name.lower()[:3] == key.lower()[:3])
    return ", ".join(same or sorted(known))


def name_property(token: str, spec: Spec | None) -> str:
    """The input that takes an auto-name; empty where AWS gives the id or the name is required."""
    declared = sdk.describe(token)
    candidate = spec.name if spec else "name"
    return candidate if candidate in declared.inputs - declared.required else ""


def physical_name(  # noqa: PLR0913, PLR0917  # all that a name is made of
    spec: Spec | None, property_: str, name: str, olds: JsonObject, news: JsonObject, seed: bytes
) -> str:
    """The name as it was, else a new one of the logical name (or prefix) and random digits."""
    prefix = news.get(f"{property_}Prefix")
    old = olds.get(property_)
    if isinstance(old, str) and prefix == olds.get(f"{property_}Prefix"):
        return old
    digits = hashlib.sha256(seed or name.encode()).hexdigest()
    if prefix == UNKNOWN:
        return UNKNOWN
    made = f"{prefix}{digits[:PREFIXED_LENGTH]}" if prefix else f"{name}-{digits[:SUFFIX_LENGTH]}"
    if spec and spec.pulumi_type == "aws:kms/alias:Alias" and not made.startswith("alias/"):
        made = f"alias/{made}"
    return made.lower() if spec and spec.lower_name else made
