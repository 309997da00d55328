"""Figures of the graph: prod's program run in process, per resource."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5


def _rounds(backend: str) -> Sequence[float]:
    """Milliseconds per resource of each round; a process of its own, imports not counted."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.graph_round", backend, str(ROUNDS)],
        cwd=ROOT,
        env={**os.environ, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"},
        check=True,
        capture_output=True,
        text=True,
    )
    return [float(line) for line in done.stdout.split()]


def echoed() -> Sequence[float]:
    """Answers echoed: the cost of the program and the SDK alone."""
    return _rounds("echo")


def in_moto() -> Sequence[float]:
    """Every AWS resource made in moto by the provider's own code."""
    return _rounds("moto")
