"""Whatever a stack file says: a graph that keeps the rules, or a message; never a traceback."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from hypothesis import given, settings

from stackyard.graph.recorder import Graph
from tests.graph import test_rules_of_the_graph as rules
from tests.graph.stacks import graph_anew
from tests.stacks.stack_files import stack_files

RULES: tuple[Callable[[Graph], None], ...] = (
    rules.test_every_resource_has_a_component_as_its_parent,
    rules.test_logical_names_leave_room_for_the_random_suffix,
    rules.test_every_resource_is_made_by_an_explicit_provider,
    rules.test_instances_carry_the_tags_that_they_do_not_inherit,
    rules.test_nothing_waits_for_a_whole_component,
    rules.test_what_is_inside_the_cluster_goes_with_it,
    rules.test_nothing_is_made_in_the_cluster_before_somebody_has_the_right,
    rules.test_nothing_outside_the_cluster_goes_with_it,
    rules.test_names_are_left_to_pulumi_but_for_a_few,
    rules.test_pods_reach_database_cache_and_dns,
    rules.test_only_cloudfront_reaches_the_load_balancer,
    rules.test_nothing_in_the_network_is_open_to_everyone,
)
"""What holds for every graph, whatever the settings."""


def graph_or_message(sections: dict[str, Any]) -> Graph | str:
    config = {f"stackyard:{name}": keys for name, keys in sections.items()}
    try:
        return graph_anew("prod", config=config)
    except pulumi.RunError as problem:
        return str(problem)


def check(sections: dict[str, Any]) -> None:
    found = graph_or_message(sections)
    if isinstance(found, str):
        assert [x for x in found.splitlines() if not x.startswith("Pulumi.prod.yaml: ")] == []
        return
    for rule in RULES:
        rule(found)


@pytest.mark.sweep
@settings(max_examples=8)
@given(stack_files())
def test_a_file_gives_a_graph_that_keeps_the_rules_or_a_message(sections: dict[str, Any]) -> None:
    check(sections)


@pytest.mark.full
@settings(max_examples=300)
@given(stack_files())
def test_each_of_many_files_gives_a_graph_that_keeps_the_rules_or_a_message(
    sections: dict[str, Any],
) -> None:
    check(sections)
