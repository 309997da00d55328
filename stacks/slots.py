"""The two slots of the API, and the headers that lead to them."""

from typing import Literal

Slot = Literal["blue", "green"]
SLOTS: tuple[Slot, Slot] = ("blue", "green")
TEST_HEADER = "X-Stackyard-Slot"
"""Header by whose secret value the load balancer sends a request to one slot."""
ORIGIN_HEADER = "X-Stackyard-Origin"
"""Header by whose secret value a public load balancer knows the stack's own CloudFront."""
