"""The rehearsals as docs/releases.json, and the table made of them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.machine import machine
from tests.bench.rehearsal import PER_SECOND, STEADY_SECONDS, Row
from tests.end_to_end.load import CLIENTS, CONNECTIONS

HEAD = (
    "scenario",
    "requests",
    "failed",
    "failed %",
    "p95 steady ms",
    "p95 meanwhile ms",
    "ratio",
    "exit code",
    "seconds",
    "serves then",
    "highest share %",
    "candidate answered",
)
ABOUT = (
    "## Releases",
    "",
    f"Each is rehearsed on the local stack under {PER_SECOND} requests a second on {CONNECTIONS}",
    f"connections from {CLIENTS:,} addresses: {STEADY_SECONDS:g} s of steady load, the",
    f"release, {STEADY_SECONDS:g} s more. Failed is whatever is no 200. The share is what the load",
    "balancer's rule gave the candidate at most. A driver that is killed takes the engine and all",
    "its children with it; 5 s later `stackyard release resume` goes on.",
    "",
    "The naive rollouts are a Deployment's own, of three pods, without a wait before SIGTERM, a",
    "drain or a readiness gate. They are flattered here: the embedded load balancer knows of a pod",
    "that goes within 0.1 s, AWS's takes seconds, and the API starts in one.",
    "",
)


def save(folder: Path, order: Sequence[str], row: Row) -> None:
    """Renew one row of docs/releases.json, beside those that were made on this machine."""
    on = machine()
    rows = {kept["scenario"]: kept for kept in rows_in(folder, on)} | {row.scenario: row.as_json()}
    ordered = [rows[name] for name in order if name in rows]
    text = json.dumps({"machine": on, "rows": ordered}, indent=2)
    (folder / "releases.json").write_text(text + "\n", encoding="utf-8")


def rows_in(folder: Path, on: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of docs/releases.json, if they were made on that machine."""
    file = folder / "releases.json"
    if not file.exists():
        return []
    kept = json.loads(file.read_text(encoding="utf-8"))
    return kept["rows"] if kept["machine"] == on else []


def lines(rows: Iterable[Row]) -> list[str]:
    """The table as Markdown."""
    rule = ["---", *["---:"] * (len(HEAD) - 1)]
    return [_line(HEAD), f"|{'|'.join(rule)}|", *(_line(_cells(row)) for row in rows)]


def section(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The part of docs/benchmarks.md; nothing where nothing was rehearsed."""
    made = [Row(**row) for row in rows]
    return [*ABOUT, *lines(made)] if made else []


def _cells(row: Row) -> Sequence[str]:
    return (
        row.scenario,
        f"{row.requests}",
        f"{row.failed}",
        f"{row.failed_percent:.2f}",
        f"{row.p95_steady_ms:g}",
        f"{row.p95_release_ms:g}",
        f"{row.p95_ratio:.2f}",
        f"{row.exit_code}",
        f"{row.seconds:g}",
        row.serves,
        "-" if row.highest_weight is None else f"{row.highest_weight}",
        f"{row.candidate_answers}",
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
