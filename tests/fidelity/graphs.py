"""The graphs that are checked: stacks', bootstrap/'s, and a few where every setting is another."""

from functools import reduce
from typing import Any

from stacks.load import SettingsError, load, own_sections
from stackyard.graph.recorder import Graph
from tests.graph.accounts import account_graph
from tests.graph.setting_changes import OTHER, changed
from tests.graph.stacks import STACKS, graph_of, stack_config

BOOTSTRAP = "bootstrap"


def stack_graphs() -> dict[str, Graph]:
    """The graph of every stack file, bootstrap/'s among them."""
    return {**{stack: graph_of(stack) for stack in STACKS}, BOOTSTRAP: account_graph()}


def setting_graphs() -> list[Graph]:
    """Graphs of prod in which every setting has its other value, in one of them at least."""
    return [graph_of("prod", config=config) for config in combined()]


APART = {"env.region", "network.zones"}
"""Zones are letters: not every region has those of another."""


def combined() -> list[dict[str, Any]]:
    """As few configurations of prod as the combination rules let through."""
    groups: list[list[str]] = []
    for path in sorted(OTHER):
        fits = next((group for group in groups if _is_sound([*group, path])), None)
        if fits is None:
            groups.append([path])
        else:
            fits.append(path)
    return [_with(group) for group in groups]


def _with(paths: list[str]) -> dict[str, Any]:
    return reduce(changed, paths, stack_config("prod"))


def _is_sound(paths: list[str]) -> bool:
    config = _with(paths)
    if set(paths) >= APART:
        return False
    try:
        load("Pulumi.prod.yaml", own_sections(config))
    except SettingsError:
        return False
    return True
