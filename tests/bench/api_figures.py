"""Figures of the API in half a core, all of them from one session of tests/bench/api."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from tests.bench import api_table
from tests.bench.api.outcome import Outcome, outcome_of
from tests.bench.figure import Figure

ROOT = Path(__file__).resolve().parents[2]


@cache
def _outcome() -> Outcome:
    """In a process of its own, which stays on one core and imports the image's packages."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outcome.json"
        command = [sys.executable, "-m", "tests.bench.api", "--write", str(file)]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            sys.exit(code)
        outcome = outcome_of(json.loads(file.read_text(encoding="utf-8")))
    api_table.save(ROOT / "docs", outcome)
    return outcome


def _of(name: str) -> Callable[[], Sequence[float]]:
    return lambda: _outcome().figures()[name]


FIGURES = (
    Figure(
        name="api_hits_vs_express",
        unit="",
        goal=10,
        at_least=True,
        meaning="requests a second in half a core from the cache, over the scaling guide's",
        measure=_of("api_hits_vs_express"),
    ),
    Figure(
        name="api_misses_vs_express",
        unit="",
        goal=4,
        at_least=True,
        meaning="the same, every page from the database",
        measure=_of("api_misses_vs_express"),
    ),
    Figure(
        name="api_hits_vs_fastify",
        unit="",
        goal=1,
        at_least=True,
        meaning="requests a second in half a core from the cache, over a tuned Fastify's",
        measure=_of("api_hits_vs_fastify"),
    ),
    Figure(
        name="api_misses_vs_fastify",
        unit="",
        goal=1.5,
        at_least=True,
        meaning="the same, every page from the database",
        measure=_of("api_misses_vs_fastify"),
    ),
    Figure(
        name="api_hits_rps_half_core",
        unit="1/s",
        goal=5_000,
        at_least=True,
        meaning="requests a second in half a core from the cache",
        measure=_of("api_hits_rps_half_core"),
    ),
    Figure(
        name="api_misses_rps_half_core",
        unit="1/s",
        goal=1_200,
        at_least=True,
        meaning="requests a second in half a core, every page from the database",
        measure=_of("api_misses_rps_half_core"),
    ),
    Figure(
        name="api_p95_ms_at_1000",
        unit="ms",
        goal=200,
        meaning="p95 at 1,000 requests a second from the cache in half a core, since each is due",
        measure=_of("api_p95_ms_at_1000"),
    ),
    Figure(
        name="db_p95_ms",
        unit="ms",
        goal=50,
        meaning="p95 of statements by the API's clock, no quota, 1,000 a second over 100,000 posts",
        measure=_of("db_p95_ms"),
    ),
    Figure(
        name="api_rss_mib",
        unit="MiB",
        goal=100,
        meaning="resident set size of the API after the hits",
        measure=_of("api_rss_mib"),
    ),
)
