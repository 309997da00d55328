"""What an example of a row is, and what several of them share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stackyard.local.properties import ASSETS, SIGNATURE
from stackyard.local.wire import JsonObject
from tests.local.aws.world import World

TAGS = {"team": "web"}


@dataclass(frozen=True, kw_only=True)
class Example:
    """`inputs` may need other objects; `change` is what an update sets (None: nothing can be)."""

    type_: str
    inputs: Callable[[World], JsonObject]
    change: JsonObject | Callable[[World], JsonObject] | None = None
    outputs: tuple[str, ...] = field(default=())
    """Computed outputs that a program reads."""


def example(
    type_: str,
    inputs: Callable[[World], JsonObject],
    change: JsonObject | Callable[[World], JsonObject] | None = None,
    *outputs: str,
) -> Example:
    return Example(type_=f"aws:{type_}", inputs=inputs, change=change, outputs=outputs)


def rule(**more: Any) -> Callable[[World], JsonObject]:
    return lambda w: {
        "securityGroupId": w.id("group"),
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        **{k: v(w) if callable(v) else v for k, v in more.items()},
    }


def forward(w: World, blue: int, green: int) -> JsonObject:
    groups = [{"arn": w.id("blue"), "weight": blue}, {"arn": w.id("green"), "weight": green}]
    return {"type": "forward", "forward": {"targetGroups": groups}}


def asset(text: str) -> JsonObject:
    return {SIGNATURE: ASSETS[0], "text": text, "hash": str(len(text))}
