"""wrk: as many requests as a server answers, on 50 connections from 62,500 addresses."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import StackyardError
from stackyard.local.packages import executable

CONNECTIONS = 50
TIMEOUT_SECONDS = 10
"""Far above wrk's own 2 s: a slow answer is a slow answer, and no failure."""
SCRIPT = Path(__file__).with_name("requests.lua")


class LoadError(StackyardError):
    """The load could not be made, or was not answered as it has to be."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came back."""

    requests: int
    failed: int
    """No answer, or one of 400 and above."""
    seconds: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def load(url: str, pages: Path, *, first: int, seconds: int) -> Load:
    """Ask for the pages of a file in turn, beginning behind its `first`.

    Raises `LoadError` when any request failed.
    """
    words = ["--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s"]
    words.append(f"--timeout={TIMEOUT_SECONDS}s")
    command = [str(executable("wrk")), *words, f"--script={SCRIPT}", url, "--", str(pages)]
    done = subprocess.run(
        [*command, str(first)], capture_output=True, text=True, check=False, timeout=seconds + 60
    )
    if done.returncode:
        raise LoadError(f"wrk ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
    seen = loaded(done.stdout)
    if seen.failed or not seen.requests:
        raise LoadError(f"{seen.failed} of {seen.requests} requests to {url} failed")
    return seen


def loaded(printed: str) -> Load:
    """What requests.lua says at the end. Raises `LoadError` where it says nothing."""
    lines = [line for line in printed.splitlines() if line.startswith("{")]
    if not lines:
        raise LoadError(f"wrk did not come to its end:\n{printed}")
    said = json.loads(lines[-1])
    return Load(
        requests=said["requests"],
        failed=said["failed"],
        seconds=said["duration_us"] / 1e6,
        p50_ms=said["p50_us"] / 1000,
        p95_ms=said["p95_us"] / 1000,
        p99_ms=said["p99_us"] / 1000,
    )
