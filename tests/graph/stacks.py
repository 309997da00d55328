"""The stacks that the repository's own files describe."""

import json
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


def graph_of(stack: str, *, preview: bool = False, config: dict[str, Any] | None = None) -> Graph:
    """The program's graph with a stack's file, or with `config` in its place.

    Recorded once a session for the same words: a graph is only read.
    """
    given = stack_config(stack) if config is None else config
    words = json.dumps([stack, preview, given])
    if words not in _recorded:
        graph = graph_anew(stack, preview=preview, config=given)
        _recorded[words] = graph, repr([*graph.values()])
    return _recorded[words][0]


_recorded: dict[str, tuple[Graph, str]] = {}


def changed_graphs() -> list[str]:
    """What was not only read, by the words it was recorded for."""
    return [words for words, (graph, was) in _recorded.items() if repr([*graph.values()]) != was]


def graph_anew(
    stack: str,
    *,
    preview: bool = False,
    config: dict[str, Any] | None = None,
    world: World | None = None,
) -> Graph:
    """As `graph_of`, but run now, whatever was recorded before: what is seen is the run.

    `world` is what is there of releases: nothing yet if not given.
    """
    given = stack_config(stack) if config is None else config
    with nobody_asked(world or World()):
        return record(main, stack=stack, preview=preview, config=given)
