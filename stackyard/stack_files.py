"""Stack files as the commands read them: Pulumi.<stack>.yaml to settings, or what is wrong."""

from pathlib import Path
from typing import Any

import yaml

from stacks.load import SettingsError, load, own_sections
from stacks.settings import Settings
from stackyard.errors import SettingsFaultError


def sections_of(file: Path) -> dict[str, Any]:
    """The sections of a stack file by name, as `own_sections` gives them.

    Raises `SettingsFaultError` for a file that is missing or no YAML mapping.
    """
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as problem:
        raise SettingsFaultError(
            f"{file.name}: there is no such stack file here; stack files are named"
            " Pulumi.<stack>.yaml"
        ) from problem
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise SettingsFaultError(f"{file.name}: is no YAML: {_in_one_line(problem)}") from problem
    try:
        config: dict[str, Any] = dict(content["config"])
    except (KeyError, TypeError, ValueError) as problem:
        raise SettingsFaultError(f"{file.name}: config: is missing or no mapping") from problem
    return own_sections({str(key): value for key, value in config.items()})


def settings_of(file: Path) -> Settings:
    """The settings of a stack file; raises `SettingsFaultError` with every problem."""
    try:
        return load(file.name, sections_of(file))
    except SettingsError as problem:
        raise SettingsFaultError(str(problem)) from problem


def _in_one_line(problem: yaml.YAMLError | UnicodeDecodeError) -> str:
    if isinstance(problem, yaml.MarkedYAMLError) and problem.problem_mark is not None:
        mark = problem.problem_mark
        return f"{problem.problem} in line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(problem).split())
