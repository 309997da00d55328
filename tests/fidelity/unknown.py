"""Values of a recorded graph that only AWS will know: Echo's, told by the suffix they carry."""

import re
from collections.abc import Iterator
from typing import Any

FAKED = re.compile(r"1a2b3c4(?!d)")
"""What stands for an id. Names that the program makes with a RandomId end in `1a2b3c4d`."""
STAND_IN = re.compile(r"1a2b3c4d?")
"""Either: whatever belongs to a resource of the stack."""


def is_faked(value: object) -> bool:
    """Whether a value, or part of it, is a stand-in whose form says nothing."""
    return isinstance(value, str) and FAKED.search(value) is not None


def leaves(value: Any) -> Iterator[str]:
    """Every text in a value, at any depth."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, str):
        yield value
