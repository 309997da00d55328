"""`make bench`: measure every figure, or the one that is named, and write the tables."""

import argparse
import json
import sys
from pathlib import Path

from tests.bench import table
from tests.bench.figure import Figure, Result, result_of
from tests.bench.figures import FIGURES

ROOT = Path(__file__).resolve().parents[2]
BY_HAND = Path(__file__).with_name("by_hand.json")


def measured(figure: Figure) -> Result:
    """A figure's result now; one measured by hand comes from its dated note."""
    if figure.measure is not None:
        return result_of(figure, figure.measure(), note=figure.note())
    noted = json.loads(BY_HAND.read_text(encoding="utf-8"))[figure.name]
    return result_of(figure, noted["values"], note=f"by hand, {noted['date']}: {noted['note']}")


def main() -> None:
    """Print one line a figure; exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("only", nargs="*", help="names of figures; all where none is given")
    only: list[str] = parser.parse_args().only
    unknown = sorted(set(only) - {figure.name for figure in FIGURES})
    if unknown:
        known = ", ".join(figure.name for figure in FIGURES)
        sys.exit(f"no figure is named {', '.join(unknown)}; figures: {known}")
    results: list[Result] = []
    for figure in FIGURES:
        if only and figure.name not in only:
            continue
        result = measured(figure)
        results.append(result)
        says = "holds" if result.holds else "MISSED"
        bound = "at least" if result.at_least else "at most"
        sys.stdout.write(
            f"{result.name:<28} {result.median:>9} {result.unit:<4}"
            f" ({result.min} to {result.max}, goal {bound} {result.goal:g}) {says}\n"
        )
        sys.stdout.flush()
        table.write(ROOT / "docs", [f.name for f in FIGURES], results)
    if any(not result.holds for result in results):
        sys.exit(1)


main()
