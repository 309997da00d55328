"""What a session has seen, and the figures made of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["hits", "misses"]
"""Whether every answer is kept already, or none ever is."""
OURS, EXPRESS, FASTIFY = "task1", "express_seed", "fastify_tuned"
PEERS = (OURS, FASTIFY, EXPRESS)
MODES: Sequence[Mode] = ("hits", "misses")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One server under all the load that half a core answers."""

    peer: str
    mode: Mode
    round: int
    per_second: float
    cpu_us_per_request: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    throttled_percent: float
    """Periods in which the quota was used up; far below 100 the server was not the bottleneck."""
    rss_mib: float
    """After the load; of the server's processes added up."""


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Our server under a fixed number of requests a second, misses without the quota."""

    mode: Mode
    round: int
    p95_ms: float
    """From when a request was due."""
    cores: float
    """Used by the server on average."""
    statement_p95_ms: float | None
    """As the server's own histogram tells it; none where no page was asked of the database."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All of a session."""

    versions: str
    """What the servers ran on."""
    runs: Sequence[Run]
    arrivals: Sequence[Arrival]

    def figures(self) -> Mapping[str, list[float]]:
        """Values by figure, one a round."""
        ours = {mode: self._per_second(OURS, mode) for mode in MODES}
        hits = [arrival for arrival in self.arrivals if arrival.mode == "hits"]
        statements = [arrival.statement_p95_ms for arrival in self.arrivals]
        return {
            "api_hits_vs_express": ratios(ours["hits"], self._per_second(EXPRESS, "hits")),
            "api_misses_vs_express": ratios(ours["misses"], self._per_second(EXPRESS, "misses")),
            "api_hits_vs_fastify": ratios(ours["hits"], self._per_second(FASTIFY, "hits")),
            "api_misses_vs_fastify": ratios(ours["misses"], self._per_second(FASTIFY, "misses")),
            "api_hits_rps_half_core": list(ours["hits"].values()),
            "api_misses_rps_half_core": list(ours["misses"].values()),
            "api_p95_ms_at_1000": [arrival.p95_ms for arrival in hits],
            "db_p95_ms": [value for value in statements if value is not None],
            "api_rss_mib": [run.rss_mib for run in self.of(OURS, "hits")],
        }

    def of(self, peer: str, mode: Mode) -> list[Run]:
        """A peer's runs of a mode, by round."""
        found = [run for run in self.runs if (run.peer, run.mode) == (peer, mode)]
        return sorted(found, key=lambda run: run.round)

    def _per_second(self, peer: str, mode: Mode) -> dict[int, float]:
        return {run.round: run.per_second for run in self.of(peer, mode)}


def outcome_of(kept: Mapping[str, Any]) -> Outcome:
    """What was written as JSON."""
    return Outcome(
        versions=kept["versions"],
        runs=[Run(**run) for run in kept["runs"]],
        arrivals=[Arrival(**arrival) for arrival in kept["arrivals"]],
    )


def ratios(ours: Mapping[int, float], theirs: Mapping[int, float]) -> list[float]:
    """Of each round: what was measured within a minute, since the machine has slower phases."""
    return [ours[number] / theirs[number] for number in ours]


def line(run: Run) -> str:
    """A run for people."""
    return (
        f"{run.peer:<13} {run.mode:<6} {run.per_second:7.0f} req/s"
        f" {run.cpu_us_per_request:6.0f} us/request"
        f"  p50 {run.p50_ms:6.1f} p95 {run.p95_ms:6.1f} p99 {run.p99_ms:6.1f} ms"
        f"  {run.throttled_percent:3.0f} % throttled  {run.rss_mib:4.0f} MiB"
    )


def arrival_line(arrival: Arrival, per_second: int) -> str:
    """An arrival for people."""
    statements = arrival.statement_p95_ms
    told = "" if statements is None else f"  statements p95 {statements:.1f} ms"
    return (
        f"{OURS:<13} {arrival.mode:<6} at {per_second} req/s: p95 {arrival.p95_ms:.1f} ms,"
        f" {arrival.cores:.2f} cores{told}"
    )
