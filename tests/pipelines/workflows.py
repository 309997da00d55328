"""The workflows and actions of the repository, read as GitHub reads them."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
ACTIONS = sorted((FOLDER / "actions").glob("*/action.yml"))
BIN = Path(sys.executable).parent


@dataclass(frozen=True, kw_only=True)
class Linted:
    """What a linter said."""

    code: int
    said: str


def lint(*words: str, at: Path = ROOT) -> Linted:
    """Run a linter of the virtual environment."""
    done = subprocess.run(
        [str(BIN / words[0]), *words[1:]], cwd=at, capture_output=True, text=True, check=False
    )
    return Linted(code=done.returncode, said=done.stdout + done.stderr)


def read(file: Path) -> dict[str, Any]:
    """A workflow or action; its key `on` under that name, not as YAML 1.1 has it."""
    content: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {"on" if key is True else str(key): value for key, value in content.items()}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every job, as `ci.yml test`."""
    for file in WORKFLOWS:
        for name, job in read(file)["jobs"].items():
            yield f"{file.name} {name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step of jobs and actions, with where it stands."""
    for where, job in jobs():
        for step in job.get("steps", []):
            yield where, step
    for file in ACTIONS:
        for step in read(file)["runs"]["steps"]:
            yield f"actions/{file.parent.name}", step
