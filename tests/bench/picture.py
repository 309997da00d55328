"""Figures of the picture: how long prod's takes, and whether it comes out the same every time."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 20
PROCESSES = 2
"""Each with another seed of Python's hashes, which order its sets."""


def _rounds(seed: int, rounds: int) -> list[tuple[float, str]]:
    """Milliseconds and SHA-256 of each picture of one process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.picture_round", str(rounds)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        check=True,
        capture_output=True,
        text=True,
    )
    pairs = (line.split() for line in done.stdout.splitlines())
    return [(float(milliseconds), digest) for milliseconds, digest in pairs]


def milliseconds() -> Sequence[float]:
    """A first deployment of prod, from graphs to SVG."""
    return [time for time, _ in _rounds(0, ROUNDS)]


def different() -> Sequence[float]:
    """Pictures of the same change that are not the first one's bytes, of all processes."""
    each = ROUNDS // PROCESSES
    digests = [digest for seed in range(PROCESSES) for _, digest in _rounds(seed, each)]
    return [float(len(set(digests)) - 1)]
