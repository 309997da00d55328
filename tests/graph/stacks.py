"""The stacks that the repository's own files describe."""

from pathlib import Path
from typing import Any

import yaml

from infra.program import main
from stacks.review import stack_file_name
from stackyard.graph.recorder import Graph, record
from tests.release.stand_in import nobody_asked
from tests.release.world import World

ROOT = Path(__file__).parents[2]
STACKS = ("prod", "staging", "pr-12", "local")


def stack_config(stack: str) -> dict[str, Any]:
    """What the engine hands to the program from the stack's file."""
    return yaml.safe_load((ROOT / stack_file_name(stack)).read_text())["config"]


def with_section(stack: str, section: str, **keys: Any) -> dict[str, Any]:
    """A stack's own configuration with some keys of one section set anew."""
    config = stack_config(stack)
    config[f"stackyard:{section}"] = {**config.get(f"stackyard:{section}", {}), **keys}
    return config


def graph_of(
    stack: str,
    *,
    preview: bool = False,
    config: dict[str, Any] | None = None,
    world: World | None = None,
) -> Graph:
    """The program run once with a stack's file, or with `config` in its place.

    `world` is what is there of releases: nothing yet if not given.
    """
    given = stack_config(stack) if config is None else config
    with nobody_asked(world or World()):
        return record(main, stack=stack, preview=preview, config=given)
