"""What a session has seen: figures of it, the table, goals that are lower bounds."""

import json
from dataclasses import asdict
from pathlib import Path

from tests.bench import api_figures, api_table
from tests.bench.api.outcome import (
    EXPRESS,
    FASTIFY,
    MODES,
    OURS,
    PEERS,
    Arrival,
    Outcome,
    Run,
    outcome_of,
)
from tests.bench.machine import machine
from tests.bench.table import markdown

RATES = {
    (OURS, "hits"): 6000,
    (OURS, "misses"): 1400,
    (FASTIFY, "hits"): 5000,
    (FASTIFY, "misses"): 700,
    (EXPRESS, "hits"): 400,
    (EXPRESS, "misses"): 280,
}


def outcome(*, rounds: int = 2) -> Outcome:
    """The first round at these rates, every later one at twice the one before; newest first."""
    numbers = range(rounds, 0, -1)
    runs = [
        Run(
            peer=peer,
            mode=mode,
            round=number,
            per_second=RATES[peer, mode] * 2 ** (number - 1),
            cpu_us_per_request=500_000 / RATES[peer, mode],
            p50_ms=4,
            p95_ms=40,
            p99_ms=50,
            throttled_percent=100,
            rss_mib=80 + number,
        )
        for number in numbers
        for peer in PEERS
        for mode in MODES
    ]
    arrivals = [
        Arrival(
            mode=mode,
            round=number,
            p95_ms=20.0 if mode == "hits" else 60.0,
            cores=0.12,
            statement_p95_ms=None if mode == "hits" else 8.0,
        )
        for number in numbers
        for mode in MODES
    ]
    return Outcome(versions="Python 3.11.2, Node v20.1.2", runs=runs, arrivals=arrivals)


def test_a_ratio_is_of_one_round() -> None:
    figures = outcome().figures()

    assert figures["api_hits_vs_express"] == [15, 15]
    assert figures["api_misses_vs_express"] == [5, 5]
    assert figures["api_hits_vs_fastify"] == [1.2, 1.2]
    assert figures["api_misses_vs_fastify"] == [2, 2]


def test_rates_and_memory_are_ours_by_round() -> None:
    figures = outcome().figures()

    assert figures["api_hits_rps_half_core"] == [6000, 12000]
    assert figures["api_misses_rps_half_core"] == [1400, 2800]
    assert figures["api_rss_mib"] == [81, 82]


def test_at_a_fixed_rate_answers_are_timed_of_hits_and_statements_of_misses() -> None:
    figures = outcome().figures()

    assert figures["api_p95_ms_at_1000"] == [20, 20]
    assert figures["db_p95_ms"] == [8, 8]


def test_there_is_a_figure_for_all_that_a_session_measures() -> None:
    assert {figure.name for figure in api_figures.FIGURES} == set(outcome().figures())


def test_what_was_seen_is_read_as_it_was_written() -> None:
    seen = outcome()

    assert outcome_of(json.loads(json.dumps(asdict(seen)))) == seen


def test_a_session_of_another_machine_is_not_shown(tmp_path: Path) -> None:
    api_table.save(tmp_path, outcome())

    assert api_table.section(tmp_path, {**machine(), "cores": "many"}) == []


def test_a_session_is_shown_with_its_medians_and_ranges(tmp_path: Path) -> None:
    api_table.save(tmp_path, outcome(rounds=3))

    section = api_table.section(tmp_path, machine())

    row = "| task1 | hits | 12000 | 6000 | 24000 | 83 | 4.0 | 40.0 | 50.0 | 100 | 82 |"
    assert row in section
    assert "At 1,000 hits a second: p95 20.0 ms, 0.12 cores." in section
    assert "Servers ran on Python 3.11.2, Node v20.1.2." in section
    assert section[0] == "## The API in half a core"


def test_nothing_is_shown_where_nothing_was_measured(tmp_path: Path) -> None:
    assert api_table.section(tmp_path, machine()) == []
    assert "half a core" not in markdown({}, [])


def test_the_table_has_a_cell_for_each_word_of_its_head() -> None:
    head, rule, *rows = [line for line in api_table.lines(outcome()) if "|" in line]

    assert {row.count("|") for row in rows} == {head.count("|")} == {rule.count("|")}
    assert len(rows) == len(PEERS) * len(MODES)
