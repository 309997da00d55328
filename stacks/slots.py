"""The two slots of the API, and how a release asks one of them before users do."""

from typing import Literal

Slot = Literal["blue", "green"]
SLOTS: tuple[Slot, Slot] = ("blue", "green")
TEST_HEADER = "X-Stackyard-Slot"
"""Header by whose secret value the load balancer sends a request to one slot."""
