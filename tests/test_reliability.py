"""The page of faults: a row for each, and every test of a fault on it."""

import ast
import json
import subprocess
from pathlib import Path

import pytest

from tests.reliability import ROOT, kept, markdown, row_of


def marked(file: Path, marker: str) -> list[str]:
    """The tests of a file that carry a marker, or whose parameters do."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [
        f"{file.relative_to(ROOT)}::{node.name}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(f"pytest.mark.{marker}" in ast.unparse(each) for each in node.decorator_list)
    ]


def test_every_test_of_a_fault_stands_on_the_page() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "tests/**/test_*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.split()]
    rows = json.loads((ROOT / "docs" / "reliability.json").read_text(encoding="utf-8"))
    on_the_page = {row["test"].partition("[")[0] for row in rows}

    faults = {name for file in files for name in marked(file, "fault(")}
    long = {name for file in files for name in marked(file, "full")}

    # The long ones come with `make test-full`.
    assert faults - long <= on_the_page
    assert on_the_page <= faults


def test_the_page_is_made_of_the_rows() -> None:
    rows = json.loads((ROOT / "docs" / "reliability.json").read_text(encoding="utf-8"))

    assert (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8") == markdown(rows)


def test_a_test_that_does_not_say_what_it_saw_is_refused() -> None:
    with pytest.raises(LookupError, match=r"test_x says nothing of what it saw"):
        row_of("test_x", {"fault": "a fault", "section": "engine"})


def test_what_was_lost_is_nothing_unless_it_is_said() -> None:
    row = row_of("test_x", {"fault": "a fault", "section": "engine", "seen": "a line | two\nthree"})

    assert row["lost"] == "nothing"
    assert "| a fault | a line \\| two<br>three | nothing | `test_x` |" in markdown([row])


def test_a_run_keeps_the_rows_that_it_left_out_and_drops_those_that_are_gone(
    tmp_path: Path,
) -> None:
    names = ["a[ran]", "a[left out]", "a[gone]", "b"]
    rows = [{"test": name} for name in names]
    (tmp_path / "reliability.json").write_text(json.dumps(rows), encoding="utf-8")

    left = kept(tmp_path, {"a[ran]"}, {"a[ran]", "a[left out]"})

    assert [row["test"] for row in left] == ["a[left out]", "b"]
