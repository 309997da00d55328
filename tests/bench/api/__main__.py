"""`python -m tests.bench.api`: measure the API and its peers; `--quick` for a look only."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from stackyard.errors import StackyardError
from tests.bench.api.session import FULL, QUICK, measured


def say(text: str) -> None:
    """A line for people, as soon as it is known."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Print each run; with `--write`, write all of them to a file as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.api")
    parser.add_argument("--quick", action="store_true", help="one short round of fewer posts")
    parser.add_argument("--write", type=Path, help="file for what was measured")
    given = parser.parse_args()
    try:
        outcome = measured(QUICK if given.quick else FULL, say)
    except StackyardError as error:
        sys.exit(f"the API's benchmark failed: {error}")
    for name, values in outcome.figures().items():
        say(f"{name}: {', '.join(f'{value:.2f}' for value in values)}")
    if given.write:
        text = json.dumps(dataclasses.asdict(outcome), indent=2)
        given.write.write_text(f"{text}\n", encoding="utf-8")


main()
