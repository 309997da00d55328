"""Objects of each row: what a program gives at first, and what it changes in place."""

from collections.abc import Sequence

from tests.local.aws.example import Example
from tests.local.aws.examples_data import DATA
from tests.local.aws.examples_edge import EDGE
from tests.local.aws.examples_images import IMAGES
from tests.local.aws.examples_network import ACCOUNTS, NETWORK
from tests.local.aws.examples_platform import PLATFORM

EXAMPLES = (*NETWORK, *ACCOUNTS, *DATA, *PLATFORM, *EDGE, *IMAGES)


def ids(examples: Sequence[Example]) -> list[str]:
    """A test's name for each: the type, and its place among those of the type after the first."""
    types = [example.type_ for example in examples]
    places = [types[:index].count(type_) + 1 for index, type_ in enumerate(types)]
    return [
        type_ if place == 1 else f"{type_} {place}"
        for type_, place in zip(types, places, strict=True)
    ]
