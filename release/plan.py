"""What an update does about the version that serves: from what is wanted and the ledger; pure."""

from dataclasses import dataclass, replace

from stacks.slots import SLOTS, Slot


def other(slot: Slot) -> Slot:
    """The slot beside it."""
    return "green" if slot == "blue" else "blue"


@dataclass(frozen=True, kw_only=True)
class Version:
    """A pod template; a change of anything in it is another version."""

    id: str
    """Hash of the template."""
    image: str
    """Image by digest."""

    @property
    def digest(self) -> str:
        """`sha256:...` of the image."""
        return self.image.partition("@")[2]


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A version that took all requests."""

    number: int
    """Of its release, from 1."""
    slot: Slot
    version: Version
    since: str
    """When it was found good; ISO 8601, UTC."""
    level: int | None = None
    """How many migrations its image knows; none where the image does not say."""
    floor: int | None = None
    """What its migration was told to stay good for: the level of the version before it."""


@dataclass(frozen=True, kw_only=True)
class Underway:
    """A release that has begun; it stays in the ledger when its driver is killed."""

    slot: Slot
    version: Version
    since: str


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A version that was tried and rolled back."""

    version: Version
    reason: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where the weights stand."""

    listener: str
    """ARN of the listener that has the production rule."""
    groups: dict[Slot, str]
    """ARN of each slot's target group."""


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What neither the state nor the load balancer can say of the releases of a stack."""

    live: Serving | None = None
    previous: Serving | None = None
    """What was live before it."""
    failed: Failure | None = None
    """The version that was rolled back last."""
    underway: Underway | None = None
    route: Route | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The slot that serves when the update is done, and the way there."""

    number: int
    """Of the release: the live version's own, or the next."""
    slot: Slot
    version: Version
    live: Serving | None
    """What serves until then; none at the first deployment."""
    floor: int | None
    """Level of the version that may come back, for this version's migration."""
    refused: Failure | None = None
    """Why the wanted version is not released: it was rolled back before."""
    returns: bool = False
    """The version before the live one comes back: it was found good once, so it goes in one step.
    """

    @property
    def releases(self) -> bool:
        """Whether a candidate takes the place of a live version."""
        return self.live is not None and self.slot != self.live.slot


def plan_release(wanted: Version, ledger: Ledger, *, retry: bool = False) -> Plan:
    """Slots alternate; what was rolled back is not tried again unless `retry` says so."""
    live, failed = ledger.live, ledger.failed
    if live is None:
        return Plan(number=1, slot=SLOTS[0], version=wanted, live=None, floor=None)
    stays = Plan(number=live.number, slot=live.slot, version=wanted, live=live, floor=live.floor)
    if wanted.id == live.version.id:
        return stays
    if failed is not None and failed.version.id == wanted.id and not retry:
        return replace(stays, version=live.version, refused=failed)
    previous = ledger.previous
    return Plan(
        number=live.number + 1,
        slot=other(live.slot),
        version=wanted,
        live=live,
        # A version that says no level is trusted with no contract at all.
        floor=live.level or 0,
        returns=previous is not None and previous.version.id == wanted.id,
    )
