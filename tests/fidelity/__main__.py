"""`make fidelity`: what is wrong with the graphs, what share is checked; renews docs/limits.md."""

import sys

from tests.fidelity.check import check
from tests.fidelity.coverage import coverage
from tests.fidelity.graphs import setting_graphs, stack_graphs
from tests.fidelity.limits_page import PAGE, renewed


def main() -> None:
    """Print every finding and both shares; exit code 1 if there is a finding."""
    graphs = {**stack_graphs(), **{f"settings {n}": g for n, g in enumerate(setting_graphs(), 1)}}
    findings = [f"{name}: {one}" for name, graph in graphs.items() for one in check(graph)]
    found = coverage(graphs.values())
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    sys.stdout.write("".join(f"{finding}\n" for finding in findings))
    sys.stdout.write(
        f"{len(findings)} findings; checked {found.properties_percent:.1f} % of"
        f" {len(found.properties)} properties, {found.types_percent:.1f} % of"
        f" {len(found.types)} types\n"
    )
    sys.exit(1 if findings else 0)


main()
