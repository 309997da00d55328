"""The stack's settings, from the engine's configuration."""

import json
from typing import Any

import pulumi

from stacks.load import SettingsError, load, own_sections
from stacks.review import stack_file_name
from stacks.section import PROJECT
from stacks.settings import Settings


def read_settings() -> Settings:
    """All that `Pulumi.<stack>.yaml` says in the project's namespace.

    Raises `pulumi.RunError`, which the engine shows without a traceback, with every problem.
    """
    try:
        return load(stack_file_name(pulumi.get_stack()), given_sections(PROJECT))
    except SettingsError as problem:
        raise pulumi.RunError(str(problem)) from problem


def given_sections(project: str) -> dict[str, Any]:
    """What the stack's configuration has in a project's namespace."""
    # Every key, not only the known ones: the engine lets a misspelt section pass.
    config = pulumi.runtime.get_config_env()
    return {key: _value(text) for key, text in own_sections(config, project).items()}


def _value(text: str) -> Any:
    """The engine hands over a section as JSON, and a plain word as it is."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
