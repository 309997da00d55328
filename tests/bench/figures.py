"""The figures of the project, with their goals."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import (
    api_figures,
    fidelity,
    graph,
    growth,
    image,
    local_stack,
    picture,
    releases,
    report,
)
from tests.bench.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 3


def _make(target: str) -> Callable[[], Sequence[float]]:
    def seconds() -> Sequence[float]:
        values: list[float] = []
        for _ in range(ROUNDS):
            start = time.monotonic()
            done = subprocess.run(
                ["make", target], cwd=ROOT, check=False, capture_output=True, text=True
            )
            if done.returncode:
                sys.exit(f"make {target} failed:\n{done.stdout}{done.stderr}")
            values.append(time.monotonic() - start)
        return values

    return seconds


FIGURES = (
    Figure(name="check_s", unit="s", goal=60, meaning="make check", measure=_make("check")),
    Figure(name="graph_tests_s", unit="s", goal=30, meaning="make graph", measure=_make("graph")),
    Figure(
        name="graph_ms_per_resource",
        unit="ms",
        goal=6,
        meaning="prod's program run in process, answers echoed",
        measure=graph.echoed,
    ),
    Figure(
        name="graph_moto_ms_per_resource",
        unit="ms",
        goal=30,
        meaning="prod's program run in process, every AWS resource made in moto",
        measure=graph.in_moto,
    ),
    Figure(
        name="schema_coverage_percent",
        unit="%",
        goal=90,
        at_least=True,
        meaning="properties of AWS's types and custom resources that AWS's schemas check",
        measure=fidelity.covered_percent,
    ),
    Figure(
        name="prod_resources",
        unit="",
        goal=400,
        meaning="resources of prod's graph, components and providers left out",
        measure=graph.resources,
    ),
    Figure(
        name="critical_path_min",
        unit="min",
        goal=15,
        meaning="prod's first deployment by typical creation times, before the VPC origin",
        measure=graph.first_deployment_minutes,
        note=graph.first_deployment_path,
    ),
    Figure(
        name="graph_memory_mb",
        unit="MB",
        goal=300,
        meaning="most memory of a process that runs prod's program once, SDKs included",
        measure=graph.peak_megabytes,
    ),
    Figure(
        name="noop_preview_s",
        unit="s",
        goal=15,
        meaning="a preview without changes of 200 resources or more, by the Pulumi CLI",
        measure=growth.noop_preview_seconds,
    ),
    Figure(
        name="growth_graph_percent",
        unit="%",
        goal=20,
        meaning="what a resource costs more above 300 than below, run in process, answers echoed",
        measure=growth.extra_percents("graph"),
    ),
    Figure(
        name="growth_moto_percent",
        unit="%",
        goal=20,
        meaning="the same, every AWS resource made in moto",
        measure=growth.extra_percents("moto"),
    ),
    Figure(
        name="growth_preview_percent",
        unit="%",
        goal=20,
        meaning="the same, a preview without changes by the Pulumi CLI",
        measure=growth.extra_percents("preview"),
    ),
    Figure(
        name="report_s",
        unit="s",
        goal=1,
        meaning="a preview of 1,000 changes read, judged and written as comment, page and JSON",
        measure=report.seconds,
    ),
    Figure(
        name="report_comment_kb",
        unit="kB",
        goal=60,
        meaning="its comment, every name of it hostile, some of 5,000 characters",
        measure=report.comment_kilobytes,
    ),
    Figure(
        name="report_outcomes",
        unit="",
        goal=1,
        meaning="different reports of 20 processes with as many hash seeds",
        measure=report.different_outcomes,
    ),
    Figure(
        name="noop_up_s",
        unit="s",
        goal=15,
        meaning="make up of a stack that is up",
        measure=local_stack.up_again_seconds,
    ),
    Figure(
        name="make_up_warm_s",
        unit="s",
        goal=90,
        meaning="make up from nothing, binaries and packages cached",
        measure=local_stack.up_seconds,
    ),
    Figure(
        name="make_up_cold_min",
        unit="min",
        goal=25,
        meaning="make up where every binary is built",
    ),
    Figure(
        name="local_memory_mib",
        unit="MiB",
        goal=1536,
        meaning="proportional set size of the local stack, idle",
        measure=local_stack.memory_mib,
    ),
    Figure(
        name="make_down_s",
        unit="s",
        goal=15,
        meaning="make down",
        measure=local_stack.down_seconds,
    ),
    Figure(
        name="heal_s",
        unit="s",
        goal=30,
        meaning="kill -9 of each kind of process in turn, the longest until all is whole",
        measure=local_stack.heal_seconds,
    ),
    Figure(
        name="release_failed_requests",
        unit="",
        goal=0,
        meaning="failed of a good release under load, and of those whose driver is killed",
        measure=releases.failed_requests,
    ),
    Figure(
        name="release_p95_ratio",
        unit="",
        goal=1.3,
        meaning="p95 of users' requests while a good release runs, over the steady one",
        measure=releases.p95_ratio,
    ),
    Figure(
        name="release_bad_failed_percent",
        unit="%",
        goal=0.2,
        meaning="failed of all requests in the worst of the bad releases, each rolled back",
        measure=releases.bad_failed_percent,
    ),
    Figure(
        name="release_s",
        unit="s",
        goal=60,
        meaning="a good release, from the command to its end",
        measure=releases.seconds,
    ),
    *api_figures.FIGURES,
    Figure(
        name="image_mb",
        unit="MB",
        goal=40,
        meaning="the API image, compressed",
        measure=image.megabytes,
    ),
    Figure(
        name="picture_ms",
        unit="ms",
        goal=100,
        meaning="the picture of prod's first deployment, from the graph to SVG",
        measure=picture.milliseconds,
    ),
    Figure(
        name="picture_different",
        unit="",
        goal=0,
        meaning="of 20 such pictures, in processes of other hash seeds, those that differ",
        measure=picture.different,
    ),
    Figure(name="ci_run_min", unit="min", goal=25, meaning="make test, binaries cached"),
    Figure(
        name="ci_run_cold_min",
        unit="min",
        goal=60,
        meaning="make test where every binary is built",
    ),
)
