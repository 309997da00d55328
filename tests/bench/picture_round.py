"""Pictures of prod in one process: `python -m tests.bench.picture_round ROUNDS`."""

import hashlib
import sys
import time

from stackyard.report.picture import svg
from stackyard.report.recorded import recorded
from tests.bench.picture import ROOT


def main() -> None:
    """Print the milliseconds and the SHA-256 of each."""
    graph = recorded(ROOT, "prod")
    for _ in range(int(sys.argv[1])):
        start = time.perf_counter()
        drawn = svg({}, graph)
        spent = (time.perf_counter() - start) * 1000
        sys.stdout.write(f"{spent:.3f} {hashlib.sha256(drawn.encode()).hexdigest()}\n")


main()
