"""A stack's resources as a report looks at them, before a change or after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Node:
    """One resource or component."""

    urn: str
    type: str
    """Pulumi's type token, such as `aws:rds/cluster:Cluster`."""
    name: str
    inputs: Mapping[str, Any]
    """As the state or the preview has them; secrets are masked already."""
    dependencies: frozenset[str]
    """URNs that it waits for."""
    parent: str | None = None
    custom: bool = True
    """False for a component, which holds others and is nothing by itself."""


Graph = Mapping[str, Node]
"""Resources by URN."""
