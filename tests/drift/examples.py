"""Comparisons of state and cloud, and findings, made up for the tests."""

from collections.abc import Mapping
from typing import Any

from stackyard.drift.findings import Drift, Findings, Kind, Property, SetApart
from stackyard.ops.refresh import Compared
from tests.report.examples import TOPIC, URN

SECRET_MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def marked(value: Any = "[secret]") -> dict[str, Any]:
    """As the engine writes a secret into an event."""
    return {**SECRET_MARK, "ciphertext": value}


def compared(
    *paths: str,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
    answer: Mapping[str, Any] | None = None,
    type_: str = TOPIC,
    operation: str = "update",
) -> Compared:
    """A resource whose inputs were `old` and are `new`; the cloud's whole answer is `answer`."""
    return Compared(
        operation=operation,
        urn=f"{URN}{type_}::topic",
        type=type_,
        old={"inputs": dict(old or {}), "outputs": dict(old or {})},
        new={"inputs": dict(new or {}), "outputs": dict(answer or new or {})},
        paths=paths,
    )


def drift(name: str = "topic", kind: Kind = Kind.CHANGED, type_: str = TOPIC, **more: Any) -> Drift:
    return Drift(kind=kind, urn=f"{URN}{type_}::{name}", type=type_, name=name, **more)


def findings(*drifts: Drift, set_apart: tuple[SetApart, ...] = ()) -> Findings:
    return Findings(project="shop", stack="prod", resources=9, drifts=drifts, set_apart=set_apart)


CHANGED = drift(properties=(Property(path="tags.Name", old="net", new="other"),))
