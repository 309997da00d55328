"""The stack's settings, from the engine's configuration."""

import json
from typing import Any

import pulumi

from stacks.load import SettingsError, load, own_sections
from stacks.settings import Settings


def read_settings() -> Settings:
    """All that `Pulumi.<stack>.yaml` says in the project's namespace.

    Raises `pulumi.RunError`, which the engine shows without a traceback, with every problem.
    """
    # Every key, not only the known ones: the engine lets a misspelt section pass.
    config = pulumi.runtime.get_config_env()
    given = {key: _value(text) for key, text in own_sections(config).items()}
    try:
        return load(f"Pulumi.{pulumi.get_stack()}.yaml", given)
    except SettingsError as problem:
        raise pulumi.RunError(str(problem)) from problem


def _value(text: str) -> Any:
    """The engine hands over a section as JSON, and a plain word as it is."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
