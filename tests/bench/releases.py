"""Figures of releases: every scenario rehearsed on the local stack, on a slot of its own."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from stackyard.local.layout import Layout
from tests.bench import release_table
from tests.bench.local_stack import SLOT, command
from tests.bench.rehearsal import Row, rehearse
from tests.bench.scenarios import BAD, GOOD, KILLED, NAIVE, SCENARIOS, Rehearsed
from tests.end_to_end.killing import whole
from tests.end_to_end.running_stack import running
from tests.end_to_end.waiting import until

ROOT = Path(__file__).resolve().parents[2]
WHOLE_SECONDS = 120


def failed_requests() -> Sequence[float]:
    """Of the good release and of the worst of those whose driver was killed."""
    _rehearsed(NAIVE)
    rows = [*_rehearsed(GOOD), *_rehearsed(KILLED)]
    return [max(row.failed for row in rows)]


def p95_ratio() -> Sequence[float]:
    """Of the good release."""
    return [row.p95_ratio for row in _rehearsed(GOOD)]


def bad_failed_percent() -> Sequence[float]:
    """Of the worst of the bad releases."""
    return [max(row.failed_percent for row in _rehearsed(BAD))]


def seconds() -> Sequence[float]:
    """Of the good release."""
    return [row.seconds for row in _rehearsed(GOOD)]


def _rehearsed(scenarios: Mapping[str, Rehearsed]) -> list[Row]:
    return [*_rows(tuple(scenarios))]


@cache
def _rows(names: tuple[str, ...]) -> tuple[Row, ...]:
    """Rehearse scenarios one after the other on a fresh stack; once, whichever figure asks."""
    command("down")
    command("up")
    rows = tuple(_checked(names))
    command("down")
    return rows


def _checked(names: Iterable[str]) -> Iterable[Row]:
    stack = running(Layout(root=ROOT, slot=SLOT))
    for name in names:
        until(lambda: whole(stack), bool, seconds=WHOLE_SECONDS)
        row = rehearse(stack, name, SCENARIOS[name].scenario)
        release_table.save(ROOT / "docs", list(SCENARIOS), row)
        if fault := SCENARIOS[name].fault(row):
            sys.exit(fault)
        yield row
