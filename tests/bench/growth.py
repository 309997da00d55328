"""Figures of growth: the same program at about 100, 300 and 1,000 resources."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench.growth_line import extra_percent
from tests.bench.growth_plot import Curve, svg
from tests.bench.machine import machine

ROOT = Path(__file__).resolve().parents[2]
COPIES = (1, 3, 10)
"""Of the layers up to the cluster, about 100 resources each."""
NOOP_COPIES = 2
ROUNDS = {"graph": 7, "moto": 3, "preview": 5}
TITLES = {
    "graph": "Graph, answers echoed",
    "moto": "Graph, made in moto",
    "preview": "Preview without changes",
}
"""In the order of the plot."""


def extra_percents(kind: str) -> Callable[[], Sequence[float]]:
    """The measurement of one kind: its percent of each round; its seconds go into the plot."""

    def measure() -> Sequence[float]:
        curve = measured(kind)
        save(ROOT / "docs", kind, curve)
        return [extra_percent(curve.sizes, seconds) for seconds in curve.rounds]

    return measure


def noop_preview_seconds() -> Sequence[float]:
    """A preview without changes of about 200 resources."""
    with _process("preview", NOOP_COPIES) as process:
        resources = int(_told(process))
        if resources < 200:
            sys.exit(f"{NOOP_COPIES} copies are {resources} resources, less than 200")
        return [_seconds(process) for _ in range(ROUNDS["preview"])]


def measured(kind: str) -> Curve:
    """Each size in a process of its own; they take turns, so that a slow minute hits all."""
    with ExitStack() as exits:
        processes = [exits.enter_context(_process(kind, copies)) for copies in COPIES]
        sizes = tuple(int(_told(process)) for process in processes)
        rounds = [tuple(map(_seconds, processes)) for _ in range(ROUNDS[kind])]
    return Curve(title=TITLES[kind], sizes=sizes, rounds=rounds)


def _process(kind: str, copies: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.growth_round", kind, str(copies)],
        cwd=ROOT,
        env={**os.environ, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _seconds(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return float(_told(process))


def _told(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        sys.exit("a round of growth failed; what it said stands above")
    return line


def save(folder: Path, kind: str, curve: Curve) -> None:
    """Renew one curve of docs/growth.json and the plot, if the others are of this machine."""
    file, on = folder / "growth.json", machine()
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    curves = kept["curves"] if kept.get("machine") == on else {}
    curves[kind] = {"sizes": curve.sizes, "rounds": curve.rounds}
    ordered = {name: curves[name] for name in TITLES if name in curves}
    text = json.dumps({"machine": on, "curves": ordered}, indent=2)
    file.write_text(text + "\n", encoding="utf-8")
    drawn = [Curve(title=TITLES[name], **points) for name, points in ordered.items()]
    (folder / "growth.svg").write_text(svg(drawn), encoding="utf-8")
