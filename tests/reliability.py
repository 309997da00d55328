"""`make reliability`: what the tests of faults did, saw and lost, as docs/reliability.md.

A test of a fault carries `@pytest.mark.fault(section, what_breaks)` and says with pytest's own
`record_property` what it saw (`"seen"`) and, where anything is, what was lost (`"lost"`).
"""

import json
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = {
    "engine": "The engine and the state",
    "guard": "What would destroy data",
    "account": "The wrong account or region",
    "cloud": "The embedded cloud",
    "release": "Releases",
    "setup": "Set-up",
}
"""In the order of the page."""

Row = dict[str, str]
Record = Callable[[str, object], None]
"""What pytest's `record_property` is to a test."""


class Reliability:
    """Collects a row from every test of a fault; renews their rows when all of them passed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, Row] = {}
        self._there = frozenset[str]()
        self._failed = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember every test there is, before markers leave some of them out."""
        self._there = frozenset(item.nodeid for item in items)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the row from a call that passed."""
        self._failed = self._failed or report.failed
        told = dict(report.user_properties)
        if report.when == "call" and report.passed and "fault" in told:
            self._rows[report.nodeid] = row_of(report.nodeid, told)

    def pytest_sessionfinish(self) -> None:
        """Write both files, unless a test failed; rows of tests that did not run are kept."""
        if not self._failed and self._rows:
            write(
                self._folder, [*kept(self._folder, self._rows, self._there), *self._rows.values()]
            )


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--reliability`: renew the page from this run."""
    parser.addoption("--reliability", action="store_true", help="renew docs/reliability.md")


def pytest_configure(config: pytest.Config) -> None:
    """Collect only where asked."""
    if config.getoption("--reliability"):
        config.pluginmanager.register(Reliability(ROOT / "docs"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hand the marker's words to the report."""
    marker = item.get_closest_marker("fault")
    if marker is not None:
        section, what_breaks = marker.args
        if section not in SECTIONS:
            raise ValueError(f"no section {section!r}; one of {sorted(SECTIONS)}")
        item.user_properties += [("fault", what_breaks), ("section", section)]


def row_of(nodeid: str, told: dict[str, Any]) -> Row:
    """One line of the page. Raises `LookupError` for a test that does not say what it saw."""
    if "seen" not in told:
        raise LookupError(f"{nodeid} says nothing of what it saw; call record_property('seen', …)")
    return {
        "section": str(told["section"]),
        "fault": str(told["fault"]),
        "seen": str(told["seen"]),
        "lost": str(told.get("lost", "nothing")),
        "test": nodeid,
    }


def kept(folder: Path, renewed: Collection[str], there: Collection[str]) -> list[Row]:
    """The page's rows of tests that did not run now; parameters that are gone go with a renewal.

    `there` are all tests that were found, also those that were left out.
    """
    rows: list[Row] = json.loads((folder / "reliability.json").read_text(encoding="utf-8"))
    functions = {name.partition("[")[0] for name in renewed}
    return [
        row
        for row in rows
        if row["test"] not in renewed
        and (row["test"] in there or row["test"].partition("[")[0] not in functions)
    ]


def write(folder: Path, rows: Iterable[Row]) -> None:
    """docs/reliability.json and docs/reliability.md, in a fixed order."""
    order = list(SECTIONS)
    ordered = sorted(rows, key=lambda row: (order.index(row["section"]), row["test"]))
    (folder / "reliability.json").write_text(
        json.dumps(ordered, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / "reliability.md").write_text(markdown(ordered), encoding="utf-8")


def markdown(rows: Iterable[Row]) -> str:
    """The page for people: a table a section."""
    lines = [
        "# Reliability",
        "",
        "Every fault that a test makes, with what it saw. Written by `make reliability` from the",
        "results of the tests, on the real engine and the embedded cloud; never by hand.",
    ]
    ordered = list(rows)
    for section, title in SECTIONS.items():
        here = [row for row in ordered if row["section"] == section]
        if here:
            lines += ["", f"## {title}", "", "| fault | seen | lost | test |", "|---|---|---|---|"]
            lines += ["| " + " | ".join(map(_cell, _cells(row))) + " |" for row in here]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    return row["fault"], row["seen"], row["lost"], f"`{row['test']}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
