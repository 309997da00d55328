"""The API's runs in half a core as docs/api.json, and the table made of them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.bench.api.outcome import MODES, PEERS, Mode, Outcome, Run, outcome_of
from tests.bench.machine import machine

FILE = "api.json"
HEAD = (
    "server",
    "pages",
    "req/s",
    "min",
    "max",
    "us CPU a request",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "throttled %",
    "RSS MiB",
)
ABOUT = (
    "## The API in half a core",
    "",
    "Half a core is the quota that a Pod's limit of 500m sets: 50 of every 100 ms. The server has",
    "a core of its own; MariaDB, Redis and the load share the other, so a server may be held up by",
    "them: then it is throttled in fewer periods. This machine's cores share their second cache:",
    "what the database does takes a server time too. All is on: limiter, cache, log, metrics, TLS",
    "to MariaDB and Redis. wrk asks for gzip on 50 connections from 62,500 addresses, 7 s after",
    "2 s without the quota; rounds in a shuffled order, medians. Before, every server lists all of",
    "100,000 posts alike and refuses a client's 101st request. One that fails ends it all.",
    "",
    "Hits are one page of 20 posts. Misses are pages of 5 to 35 posts, 20 on average, none asked",
    "for twice, from all over the 100,000; no server stores them. At the quota's edge a p95 is",
    "mostly the wait for the next period.",
    "",
    "`express_seed` is the scaling guide's own code on Express 5. It is flattered: Prisma's engine",
    "is left out (mysql2, one JOIN), our index serves its list, and it logs no requests.",
    "`fastify_tuned` is Fastify 5 with our design: one script for limiter, cache and lock,",
    "pipelined, answers stored compressed, authors' names kept, a log line a request.",
    "",
)


def save(folder: Path, outcome: Outcome) -> None:
    """Renew docs/api.json."""
    text = json.dumps({"machine": machine(), **asdict(outcome)}, indent=2)
    (folder / FILE).write_text(f"{text}\n", encoding="utf-8")


def section(folder: Path, on: Mapping[str, str]) -> list[str]:
    """The part of docs/benchmarks.md; nothing where nothing was measured on that machine."""
    file = folder / FILE
    if not file.exists():
        return []
    kept = json.loads(file.read_text(encoding="utf-8"))
    return [*ABOUT, *lines(outcome_of(kept))] if kept["machine"] == on else []


def lines(outcome: Outcome) -> list[str]:
    """The tables as Markdown."""
    rule = ["---", "---", *["---:"] * (len(HEAD) - 2)]
    rows = [_cells(outcome.of(peer, mode)) for mode in MODES for peer in PEERS]
    arrivals = [_arrival(mode, outcome) for mode in MODES]
    ran_on = f"Servers ran on {outcome.versions}."
    return [_line(HEAD), f"|{'|'.join(rule)}|", *map(_line, rows), "", *arrivals, ran_on]


def _arrival(mode: Mode, outcome: Outcome) -> str:
    seen = [arrival for arrival in outcome.arrivals if arrival.mode == mode]
    where = "" if mode == "hits" else ", without the quota, whose pauses are no time of a statement"
    return (
        f"At 1,000 {mode} a second{where}: p95 {median(found.p95_ms for found in seen):.1f} ms,"
        f" {median(found.cores for found in seen):.2f} cores."
    )


def _cells(runs: list[Run]) -> Iterable[str]:
    rates = [run.per_second for run in runs]
    return (
        runs[0].peer,
        runs[0].mode,
        *(f"{rate:.0f}" for rate in (median(rates), min(rates), max(rates))),
        f"{median(run.cpu_us_per_request for run in runs):.0f}",
        *(
            f"{median(values):.1f}"
            for values in (
                [run.p50_ms for run in runs],
                [run.p95_ms for run in runs],
                [run.p99_ms for run in runs],
            )
        ),
        f"{median(run.throttled_percent for run in runs):.0f}",
        f"{median(run.rss_mib for run in runs):.0f}",
    )


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
