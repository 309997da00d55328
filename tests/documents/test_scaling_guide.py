"""The page of the scaling guide: each section's files are there and its command runs."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from stackyard.cli import app
from tests.bench.figures import FIGURES
from tests.graph.setting_changes import paths

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scaling-guide.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| section |")
]
CHAPTERS = (
    "Horizontal scaling and load balancing",
    "Database optimization",
    "Caching strategies",
    "Frontend optimization",
    "API and backend optimization",
    "Monitoring and logging",
    "Security hardening",
    "Infrastructure as code",
    "Deployment strategy",
)
"""The guide's own."""


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def fault_of(command: str) -> str | None:
    """Why a command would not start; none where it would."""
    program, *words = shlex.split(command)
    match program:
        case "make":
            return _of_make(words)
        case "pytest":
            return _of_pytest(words)
        case "stackyard":
            return _of_stackyard(words)
        case "curl":
            return _of_curl(words)
        case _:
            return f"nobody here knows {program}"


def _of_make(words: list[str]) -> str | None:
    target, *variables = words
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    if not re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE):
        return f"no target {target}"
    named = dict(variable.split("=", 1) for variable in variables)
    if missing := [name for name in named if f"$({name}" not in makefile]:
        return f"no variable {missing[0]}"
    if target == "bench" and named.get("ONLY") not in {figure.name for figure in FIGURES}:
        return f"no figure {named.get('ONLY')}"
    return None


def _of_pytest(words: list[str]) -> str | None:
    (word,) = words
    file, _, name = word.partition("::")
    if not (ROOT / file).is_file():
        return f"no file {file}"
    text = (ROOT / file).read_text(encoding="utf-8")
    return None if f"def {name or 'test_'}" in text else f"no test {name}"


def _of_stackyard(words: list[str]) -> str | None:
    found = typer.main.get_command(app)
    for word in words:
        options = {"--help", *(option for param in found.params for option in param.opts)}
        if isinstance(found, TyperGroup):
            if word not in found.commands:
                return f"no command {word}"
            found = found.commands[word]
        elif word.startswith("--") and word not in options:
            return f"no option {word}"
    return None


def _of_curl(words: list[str]) -> str | None:
    table = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    served = re.findall(r"^\| `GET (/[^`?]*)", table, flags=re.MULTILINE)
    (address,) = [word for word in words if word.startswith("$url")]
    path = address.removeprefix("$url")
    return None if path in {"/", *served} else f"nothing answers {path}"


def test_every_chapter_of_the_guide_has_its_rows() -> None:
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:]
    chapters = dict(zip(parts[::2], parts[1::2], strict=True))

    assert [name for name in CHAPTERS if "\n| " not in chapters.get(name, "")] == []
    assert [row for row in ROWS if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_section_lives_where_it_says_and_is_seen_as_it_says(row: list[str]) -> None:
    _, where, command, _ = row

    assert [path for path in quoted(where) if not (ROOT / path).exists()] == []
    assert [fault_of(each) for each in quoted(command)] == [None]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_settings_that_a_section_names_are_there(row: list[str]) -> None:
    sections = {path.split(".")[0] for path in paths()}
    words = [word.partition(":")[0] for word in quoted(row[3])]
    named = {word for word in words if word.partition(".")[0] in sections and "." in word}

    assert named - paths() == set()


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("make coffee", "no target coffee"),
        ("make release WORSE=1", "no variable WORSE"),
        ("make bench ONLY=luck", "no figure luck"),
        ("pytest tests/nowhere.py", "no file tests/nowhere.py"),
        ("pytest tests/conftest.py::test_nothing", "no test test_nothing"),
        ("stackyard brew", "no command brew"),
        ("stackyard picture prod --sepia", "no option --sepia"),
        ("curl $url/api/teapot", "nothing answers /api/teapot"),
        ("kubectl get pods", "nobody here knows kubectl"),
    ],
)
def test_a_command_that_would_not_start_is_found(command: str, fault: str) -> None:
    assert fault_of(command) == fault
