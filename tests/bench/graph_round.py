"""Rounds of prod's program in one process: `python -m tests.bench.graph_round echo|moto ROUNDS`."""

import sys
import time

from moto import mock_aws

from infra.program import main as program
from stackyard.graph.recorder import record
from stackyard.local.aws.backend import AwsBackend
from tests.graph.stacks import stack_config
from tests.release.stand_in import nobody_asked
from tests.release.world import World


def milliseconds_per_resource(backend: str) -> float:
    """One run of prod's program; the time over the number of its resources."""
    config = stack_config("prod")
    # moto's zone ids are its own, and prod's file names one: the stack goes without a domain here.
    env = {k: v for k, v in config["stackyard:env"].items() if k not in {"domain", "zoneId"}}
    config["stackyard:env"] = env
    config["stackyard:edge"] = {"allowPlainOrigin": "no zone in the benchmark"}
    with mock_aws(), nobody_asked(World()):
        backends = {"aws": AwsBackend.in_process()} if backend == "moto" else None
        start = time.perf_counter()
        graph = record(program, stack="prod", config=config, backends=backends)
        return (time.perf_counter() - start) * 1000 / len(graph)


def main() -> None:
    """Print one value a round; the first run, which imports, is not counted."""
    backend, rounds = sys.argv[1], int(sys.argv[2])
    milliseconds_per_resource(backend)
    for _ in range(rounds):
        sys.stdout.write(f"{milliseconds_per_resource(backend):.3f}\n")


main()
