"""What crosses the line between a provider and its backends: JSON objects and "not there"."""

from typing import Any

JsonObject = dict[str, Any]
"""A resource's properties as the engine sends them: plain JSON."""


class NotFoundError(LookupError):
    """The cloud holds no such object; the engine forgets it (read) or goes on (delete)."""
