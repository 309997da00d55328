"""What holds for every file of the project: small, and it says what it is."""

import ast
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = subprocess.run(
    ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split()


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_what_it_is_and_stays_small(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    tree = ast.parse(text)
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 60
    ]

    assert ast.get_docstring(tree) or not text
    assert len(text.splitlines()) <= 300
    assert long == []


def test_every_part_stands_in_the_contract_of_independence() -> None:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = rules["tool"]["importlinter"]["contracts"]
    (independence,) = [c for c in contracts if c["type"] == "independence"]
    parts = [file.stem for file in (ROOT / "components").glob("[a-z]*.py")]

    assert independence["modules"] == sorted(f"components.{part}" for part in parts)
