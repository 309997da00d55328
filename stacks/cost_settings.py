"""What the estimate of a stack's cost assumes of its users."""

from typing import Annotated

from pydantic import Field

from stacks.section import Section


class CostSettings(Section):
    """Assumptions of the cost estimate; nothing is made of them."""

    monthly_requests: Annotated[int, Field(ge=0, le=1_000_000_000_000)] = 10_000_000
    """Requests of users in a month."""
    response_kib: Annotated[float, Field(ge=0, le=1_048_576)] = 20
    """Mean size of a response, in KiB."""
    database_gib: Annotated[float, Field(ge=0, le=131_072)] = 20
    """Data in the database, in GiB; 128 TiB is the most that Aurora holds ("Quotas and
    constraints for Amazon Aurora", storage of a cluster)."""
    log_gib: Annotated[float, Field(ge=0, le=1_048_576)] = 30
    """What all log groups take in a month, in GiB."""
    load_percent: Annotated[float, Field(ge=0, le=100)] = 25
    """How far what scales by itself stands between its fewest and its most, on average."""
