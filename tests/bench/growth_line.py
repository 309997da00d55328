"""How straight a growth is: what a resource costs in a large program against a smaller one."""

from collections.abc import Sequence

Sizes = Sequence[int]
"""Three numbers of resources, rising."""


def extra_percent(sizes: Sizes, seconds: Sequence[float]) -> float:
    """How much more each resource costs between the two larger sizes than between the smaller.

    0 on a straight line, whatever its start: what a command costs however small the program is
    cannot hide a rise. A cost that grows with the square gives 225 at sizes 100, 300, 1,000.
    """
    small, middle, large = sizes
    below = (seconds[1] - seconds[0]) / (middle - small)
    above = (seconds[2] - seconds[1]) / (large - middle)
    if below <= 0:
        raise ValueError(
            f"{middle} resources took {seconds[1]:g} s, {small} took {seconds[0]:g} s: "
            "the machine was busy with something else; measure again when it is idle"
        )
    return (above / below - 1) * 100


def foretold(sizes: Sizes, seconds: Sequence[float], at: float) -> float:
    """Seconds at a size, on the straight line through the two smaller ones."""
    below = (seconds[1] - seconds[0]) / (sizes[1] - sizes[0])
    return seconds[0] + below * (at - sizes[0])
