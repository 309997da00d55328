"""What prod's graph is, as one line of JSON: `python -m tests.bench.graph_facts`."""

import json
import resource
import sys

from stackyard.graph.registration import is_custom
from stackyard.report.duration import MINUTES, VPC_ORIGIN, critical_path
from stackyard.report.recorded import nodes_of
from tests.graph.stacks import graph_of


def main() -> None:
    """The program once, in a process of its own, so that the memory is its alone."""
    graph = graph_of("prod")
    path = critical_path(nodes_of(graph), MINUTES)
    facts = {
        "resources": sum(map(is_custom, graph.values())),
        "minutes": path.minutes,
        "path": path.path,
        "minutes_with_origin": critical_path(nodes_of(graph), {**MINUTES, **VPC_ORIGIN}).minutes,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }
    sys.stdout.write(json.dumps(facts) + "\n")


main()
