"""Figures of the report: a preview of 1,000 steps read, judged and written; size; sameness."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from stackyard.report.command import Files, from_files, written
from tests.report.examples import thousand

ROUNDS, RUNS = 5, 20
_ONE_RUN = """
import hashlib, pathlib, sys
from stackyard.report.command import Files, from_files, written
folder = pathlib.Path(sys.argv[1])
files = written(from_files(folder, "test", Files(preview=folder / "preview.json")))
print(hashlib.sha256("".join(files[name] for name in sorted(files)).encode()).hexdigest())
"""


def _with_preview(measure: Callable[[Path], Sequence[float]]) -> Sequence[float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "preview.json").write_text(thousand(), encoding="utf-8")
        return measure(folder)


def seconds() -> Sequence[float]:
    """From the file to all three texts."""

    def measure(folder: Path) -> Sequence[float]:
        values: list[float] = []
        for _ in range(ROUNDS):
            start = time.monotonic()
            written(from_files(folder, "test", Files(preview=folder / "preview.json")))
            values.append(time.monotonic() - start)
        return values

    return _with_preview(measure)


def comment_kilobytes() -> Sequence[float]:
    """Of the comment, in 1,000 bytes; every name in the preview is hostile, some have 5,000."""

    def measure(folder: Path) -> Sequence[float]:
        texts = written(from_files(folder, "test", Files(preview=folder / "preview.json")))
        return [len(texts["report.md"].encode()) / 1_000]

    return _with_preview(measure)


def different_outcomes() -> Sequence[float]:
    """How many different reports as many processes make, each with its own order of sets."""

    def measure(folder: Path) -> Sequence[float]:
        seen: set[str] = set()
        for run in range(RUNS):
            done = subprocess.run(
                [sys.executable, "-c", _ONE_RUN, str(folder)],
                env={**os.environ, "PYTHONHASHSEED": str(run)},
                check=True,
                capture_output=True,
                text=True,
            )
            seen.add(done.stdout)
        return [len(seen)]

    return _with_preview(measure)
