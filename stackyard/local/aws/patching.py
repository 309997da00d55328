"""Exchange a method of one of moto's classes."""

from collections.abc import Callable
from typing import Any


def method(owner: type[Any], name: str) -> Callable[..., Any]:
    """A method as it is, to be called by what takes its place."""
    return getattr(owner, name)


def patch(owner: type[Any], name: str, replacement: Any) -> None:
    """Put a method, or a property, in the place of another."""
    setattr(owner, name, replacement)
