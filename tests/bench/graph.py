"""Figures of the graph: prod's program run in process: per resource, and as a whole."""

import functools
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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


@functools.cache
def _facts() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.graph_facts"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def resources() -> Sequence[float]:
    """How many resources the providers of prod would make."""
    return [_facts()["resources"]]


def first_deployment_minutes() -> Sequence[float]:
    """The critical path by typical creation times, before the VPC origin."""
    return [_facts()["minutes"]]


def first_deployment_path() -> str:
    """What the minutes are spent on, and how many they are with the VPC origin."""
    steps = " > ".join(name for name, _ in itertools.groupby(_facts()["path"]))
    return f"{steps}; {_facts()['minutes_with_origin']:.1f} with the VPC origin"


def peak_megabytes() -> Sequence[float]:
    """Most memory that recording prod's graph takes, the SDKs included."""
    return [_facts()["peak_mb"]]
