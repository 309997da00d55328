"""The marks of tests, read from their source: `row` of a feature, `ask` of what users trip over."""

import ast
import functools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("row", "ask")


class Mark(NamedTuple):
    """One mark of one test."""

    kind: str
    args: tuple[object, ...]
    test: str
    """Its node id."""


def test_files() -> list[Path]:
    """Every file of tests that is, or will be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "tests/*test_*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in sorted(set(listed.stdout.split())) if (ROOT / name).exists()]


@functools.cache
def marks() -> tuple[Mark, ...]:
    """Every mark of both kinds."""
    texts = ((file, file.read_text(encoding="utf-8")) for file in test_files())
    return tuple(
        mark
        for file, text in texts
        if "mark.row(" in text or "mark.ask(" in text
        for mark in marks_of(str(file.relative_to(ROOT)), text)
    )


def marks_of(name: str, text: str) -> list[Mark]:
    """The marks of one file.

    Raises `ValueError` for one that stands anywhere but at a test function, or is not written out:
    the page would miss it.
    """
    tree = ast.parse(text)
    seen = {call: mark for node in tree.body for call, mark in _at(node, name)}
    lost = [
        f"{name}:{node.lineno}: {ast.unparse(node)}: marks of features stand at a test function,"
        " their words written out"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _kind(node) and node not in seen
    ]
    if lost:
        raise ValueError("\n".join(lost))
    return list(seen.values())


def _at(node: ast.stmt, name: str) -> Iterator[tuple[ast.AST, Mark]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
        for decorator in node.decorator_list:
            kind = _kind(decorator)
            if kind and isinstance(decorator, ast.Call):
                words = [arg.value for arg in decorator.args if isinstance(arg, ast.Constant)]
                if len(words) == len(decorator.args):
                    yield decorator, Mark(kind, tuple(words), f"{name}::{node.name}")


def _kind(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Attribute(ast.Attribute(ast.Name("pytest"), "mark"), str(kind))) if (
            kind in KINDS
        ):
            return kind
        case _:
            return None
