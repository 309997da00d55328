"""What can be dangerous about a change: one fact a danger, with how bad it is and the safer way."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How bad a change can be; the worst danger gives the report's."""

    NONE = 0
    """It changes nothing."""
    LOW = 1
    """Creations and updates in place."""
    MEDIUM = 2
    """A restart, a removal, traffic that moves: to be looked at."""
    HIGH = 3
    """An outage, or a way in that was not there."""
    CRITICAL = 4
    """Data or what people know by name is lost; `stackyard up` refuses it."""


@dataclass(frozen=True, kw_only=True)
class Danger:
    """One dangerous fact about one resource."""

    level: Level
    kind: str
    """A word for machines, such as `stateful-replace`."""
    urn: str
    name: str
    type: str
    says: str
    """What happens, in a few words: `replaces the database`."""
    because: tuple[str, ...] = ()
    """Properties that force it, or what was added; names and values from the program."""
    downtime: str = ""
    """What users notice, and for how long."""
    instead: str = ""
    """The safer way."""


def ranked(dangers: Sequence[Danger]) -> list[Danger]:
    """The worst first; equally bad ones by kind, then URN."""
    return sorted(dangers, key=lambda d: (-d.level, _ORDER.index(d.kind), d.urn))


_ORDER = (
    "stateful-delete",
    "stateful-replace",
    "engine-upgrade",
    "delete-before-replace",
    "public-access",
    "group-opened",
    "access-widened",
    "secret-plain",
    "protection-off",
    "replace",
    "weights",
    "restart",
    "delete",
)
"""Every kind, the one that is looked at first in front."""
