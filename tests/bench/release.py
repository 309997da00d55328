"""`make release`: a live release under load on the local stack that is up, and its row.

`BAD=1` releases a version that fails for a fifth of its users. Exit code: the release's own; with
`BAD=1` 0 if it was rolled back, as it should be, and 1 if not.
"""

import sys
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.layout import layout_here
from tests.bench.rehearsal import PER_SECOND, Row, rehearse
from tests.bench.release_table import lines
from tests.bench.scenarios import BAD, GOOD, ROLLED_BACK, Rehearsed, released
from tests.end_to_end.running_stack import running

ROOT = Path(__file__).resolve().parents[2]
TITLES = {"good": "a good version", "errors": "a version that fails for one of five users"}


def verdict(row: Row) -> str:
    """What it came to, in a sentence."""
    if row.exit_code == ROLLED_BACK:
        return f"rolled back: code {ROLLED_BACK}, the {row.serves} version serves"
    if row.exit_code:
        return f"failed: code {row.exit_code}, the {row.serves} version serves"
    return f"released: the {row.serves} version serves"


def exit_code(row: Row, wanted: Rehearsed) -> int:
    """The release's own code; of one that has to be rolled back, whether it was."""
    if wanted.exit_code:
        return 1 if wanted.fault(row) else 0
    return row.exit_code


def main() -> None:
    """Release, and print the row."""
    variant = "errors" if sys.argv[1:] == ["bad"] else "good"
    wanted = BAD["20 % errors"] if variant == "errors" else GOOD["good"]
    try:
        stack = running(layout_here(ROOT))
        sys.stderr.write(f"{TITLES[variant]}, under {PER_SECOND} requests a second\n")
        row = rehearse(stack, variant, released(variant, shown=True))
    except (LookupError, ValueError, StackyardError) as problem:
        sys.exit(str(problem))
    sys.stdout.write("\n".join(["", *lines([row]), "", verdict(row), ""]))
    sys.exit(exit_code(row, wanted))


if __name__ == "__main__":
    main()
