"""The figures as docs/benchmarks.json and docs/benchmarks.md; rows not measured now are kept."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench import api_table, release_table
from tests.bench.figure import Result
from tests.bench.growth_plot import ALT, PLOTTED
from tests.bench.machine import machine

GROWTH = (
    "## Growth",
    "",
    "The layers up to the cluster, 111 resources a copy, one, three and ten times in one program.",
    "A figure says by how many percent a resource costs more between the two larger sizes than",
    "between the two smaller: 0 is a straight line, a cost that grows with the square gives 225,",
    "and below 0 the large program is the cheaper one. The preview is the Pulumi CLI's over the",
    "embedded providers, after an up in moto; the one Helm release of a copy is not installed.",
    "",
    f"![{ALT}](growth.svg)",
    "",
    "An up is not among the figures. It grows faster than its program, by Pulumi's own doing: the",
    "engine writes the whole state after each step. Ten copies took 160 s on a busy machine, and",
    "36 s when told to write only at the end (`PULUMI_SKIP_CHECKPOINTS=true`).",
)


def kept(folder: Path) -> dict[str, dict[str, Any]]:
    """Rows of earlier runs by name, if they were measured on this machine with these versions."""
    file = folder / "benchmarks.json"
    if not file.exists():
        return {}
    earlier = json.loads(file.read_text(encoding="utf-8"))
    if earlier["machine"] != machine():
        return {}
    return {row["name"]: row for row in earlier["figures"]}


def write(folder: Path, order: Sequence[str], results: Sequence[Result]) -> None:
    """Write both files, new rows over kept ones, in the order of the figures."""
    rows = {**kept(folder), **{result.name: result.as_json() for result in results}}
    ordered = [rows[name] for name in order if name in rows]
    on = machine()
    (folder / "benchmarks.json").write_text(
        json.dumps({"machine": on, "figures": ordered}, indent=2) + "\n", encoding="utf-8"
    )
    page = markdown(on, ordered, release_table.rows_in(folder, on), api_table.section(folder, on))
    (folder / "benchmarks.md").write_text(page, encoding="utf-8")


def markdown(
    on: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
    rehearsed: Sequence[Mapping[str, Any]] = (),
    api: Sequence[str] = (),
) -> str:
    """The page for people: the figures, the API, what was rehearsed of releases, the growth."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`; `make bench ONLY=name` renews one row.",
        "",
        " · ".join(f"{name} {value}" for name, value in on.items()),
        "",
        "| figure | median | min | max | unit | goal | holds | rounds | note |",
        "|---|---:|---:|---:|---|---:|---|---:|---|",
    ]
    for row in rows:
        cells = [row[key] for key in ("name", "median", "min", "max", "unit")]
        cells.append(f"{'≥' if row['at_least'] else '≤'} {row['goal']}")
        cells += ["yes" if row["holds"] else "no", row["rounds"], row["note"]]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    if api:
        lines += ["", *api]
    if rehearsed:
        lines += ["", *release_table.section(rehearsed)]
    if any(row["name"].startswith(PLOTTED) for row in rows):
        lines += ["", *GROWTH]
    return "\n".join(lines) + "\n"
