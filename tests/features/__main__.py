"""Ends with a line for each row and each ask that no test shows; `make features` ends with it."""

import sys

from tests.features.limits import not_there
from tests.features.marks import marks
from tests.features.page import unshown

missing = unshown(marks(), not_there())
if missing:
    sys.exit("\n".join(["no test shows, and docs/limits.md does not excuse:", *missing]))
